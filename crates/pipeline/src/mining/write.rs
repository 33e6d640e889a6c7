//! Rules found, as configuration.

use super::candidates::Value;
use super::mine::{Mining, RoleFacts, type_name};
use provost_model::ResourceId;
use provost_model::configuration::Item;
use provost_model::configuration::policy::{MiningRule, PolicyConfiguration};
use provost_model::ids::base32;

/// The rules found, as `SingleRoleRule` elements of the policy that the mining rule names. `key` gives the value of a
/// key property of a dimension value, by column; a rule about a value without key cannot be written.
pub fn items(
    mining: &Mining,
    rules: &[MiningRule],
    roles: &[RoleFacts],
    mut key: impl FnMut(u8, ResourceId) -> Option<String>,
    file: &str,
) -> Vec<Item> {
    let mut items = Vec::new();
    for mined in &mining.found {
        let (rule, role) = (&rules[mined.mining_rule], &roles[mined.role]);
        for found in &mined.rules {
            let mut attributes = vec![
                ("Role".to_owned(), role.identifier.clone()),
                ("Policy".to_owned(), rule.rule_policy.clone().unwrap_or_else(|| rule.policy.clone())),
                ("Type".to_owned(), type_name(rule.kind).to_owned()),
            ];
            let asked: Vec<Value> = std::iter::once(found.asks.first).chain(found.asks.second).collect();
            for value in &asked {
                let Some(key) = key(value.column, value.value) else { break };
                let column = base32(value.column);
                attributes.push((format!("D{column}"), key));
                if value.is_hierarchical {
                    attributes.push((format!("L{column}"), "true".to_owned()));
                }
            }
            let is_whole = attributes.iter().filter(|(name, _)| name.starts_with('D')).count() == asked.len();
            let attributes: Vec<(&str, String)> =
                attributes.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            items.extend(Item::made("SingleRoleRule", &attributes, Vec::new(), file).filter(|_| is_whole));
        }
    }
    items
}

/// Identities of the single-role rules that give way to what mining finds: those of the policies that are there for it
/// (`RulePolicy`), for roles of the entity type of the mining rule. Rules of other policies are written by people and
/// stay.
pub fn replaced(rules: &[MiningRule], policy: &PolicyConfiguration) -> Vec<String> {
    let gives_way = |rule: &&provost_model::configuration::policy::SingleRoleRule| {
        let of =
            policy.single_roles.iter().find(|role| role.identifier == rule.role).map(|role| role.entity_type.as_str());
        rules.iter().any(|mining| {
            mining.rule_policy.as_ref().is_some_and(|own| *own == rule.policy && *own != mining.policy)
                && of.is_none_or(|of| of == mining.entity_type)
        })
    };
    policy.single_role_rules.iter().filter(gives_way).map(|rule| rule.identity.clone()).collect()
}
