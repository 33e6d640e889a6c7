//! The kinds of task, one for each documented element.

use crate::configuration::dialect::{self, Element};
use serde::{Deserialize, Serialize};

/// Who runs a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Side {
    /// An agent.
    Agent,
    /// The server.
    Server,
    /// An agent when the task names one, else the server.
    Either,
}

macro_rules! kinds {
    ($($kind:ident = $element:literal $side:ident;)*) => {
        /// What a task does.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum TaskKind { #[default] $($kind),* }

        impl TaskKind {
            /// Every kind.
            pub const ALL: &'static [TaskKind] = &[$(TaskKind::$kind),*];

            /// Name of its element: `ExportTask`.
            pub fn element(self) -> &'static str {
                match self { $(TaskKind::$kind => $element),* }
            }

            /// Who runs it.
            pub fn side(self) -> Side {
                match self { $(TaskKind::$kind => Side::$side),* }
            }
        }
    };
}

kinds! {
    UpdateEntityPropertyExpressions = "UpdateEntityPropertyExpressionsTask" Server;
    Export = "ExportTask" Agent;
    PrepareSynchronization = "PrepareSynchronizationTask" Agent;
    Synchronize = "SynchronizeTask" Server;
    SetRecentlyModifiedFlag = "SetRecentlyModifiedFlagTask" Server;
    ManageConfigurationIndexes = "ManageConfigurationIndexesTask" Server;
    ResetValidFrom = "ResetValidFromTask" Server;
    UpdateParametersContextDisplayNames = "UpdateParametersContextDisplayNamesTask" Server;
    CleanDatabase = "CleanDataBase" Server;
    ComputeCorrelationKeys = "ComputeCorrelationKeysTask" Server;
    ComputeRoleModel = "ComputeRoleModelTask" Server;
    ComputeRiskScores = "ComputeRiskScoresTask" Server;
    SendRoleModelNotifications = "SendRoleModelNotificationsTask" Server;
    GenerateProvisioningOrders = "GenerateProvisioningOrdersTask" Server;
    Fulfill = "FulfillTask" Either;
    UpdateClassification = "UpdateClassificationTask" Server;
    BuildRoleModel = "BuildRoleModelTask" Server;
    RefreshSchema = "RefreshSchemaTask" Agent;
    GetRoleMining = "GetRoleMiningTask" Server;
    SetInternalUserProfiles = "SetInternalUserProfilesTask" Server;
    SavePreExistingAccessRights = "SavePreExistingAccessRightsTask" Server;
    MaintainIndexes = "MaintainIndexesTask" Server;
    DeployConfiguration = "DeployConfigurationTask" Server;
    SendNotifications = "SendNotificationsTask" Server;
    InvokeExpression = "InvokeExpressionTask" Either;
    InvokeSqlCommand = "InvokeSqlCommandTask" Either;
    InvokeApi = "InvokeApiTask" Agent;
    InvokeAspects = "InvokeAspectsTask" Agent;
    CreateDatabaseViews = "CreateDatabaseViewsTask" Agent;
    ActivityInstanceActor = "ActivityInstanceActorTask" Agent;
    SetAccessCertificationReviewer = "SetAccessCertificationReviewerTask" Server;
    SendAccessCertificationNotification = "SendAccessCertificationNotificationTask" Server;
    ProcessAccessCertificationItems = "ProcessAccessCertificationItemsTask" Server;
    UpdateAccessCertificationCampaign = "UpdateAccessCertificationCampaignTask" Server;
}

impl TaskKind {
    /// The kind with this element, which may be its override.
    pub fn of(element: &str) -> Option<TaskKind> {
        let name = element.strip_suffix("Override").unwrap_or(element);
        TaskKind::ALL.iter().copied().find(|kind| kind.element() == name)
    }

    /// The kind that people write with or without `Task` at its end.
    pub fn called(name: &str) -> Option<TaskKind> {
        TaskKind::of(name).or_else(|| TaskKind::of(&format!("{name}Task")))
    }

    /// Whether this version does the work. A task of another kind has nothing to process.
    pub fn is_acted_on(self) -> bool {
        self.definition().is_some_and(|element| element.acted_on)
    }

    /// Its element, with all its attributes.
    pub fn definition(self) -> Option<&'static Element> {
        dialect::root(self.element())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_element_has_a_kind() {
        let elements: Vec<&str> = dialect::roots().filter(|e| e.class == "Task").map(|e| e.name).collect();
        assert_eq!(elements.len(), TaskKind::ALL.len());
        for name in elements {
            let kind = TaskKind::of(name).unwrap();
            assert_eq!((kind.element(), TaskKind::of(&format!("{name}Override"))), (name, Some(kind)));
            // Kinds that only an agent runs name it, except those whose attributes the documentation does not confirm.
            let needs_agent = kind.definition().unwrap().attribute("Agent").is_some_and(|(a, _, _)| a.required);
            let unconfirmed = [TaskKind::RefreshSchema, TaskKind::ActivityInstanceActor];
            assert_eq!(needs_agent || unconfirmed.contains(&kind), kind.side() == Side::Agent, "{name}");
        }
        assert_eq!(TaskKind::called("Fulfill"), Some(TaskKind::Fulfill));
        assert_eq!(TaskKind::called("HR_Fulfill"), None);
    }
}
