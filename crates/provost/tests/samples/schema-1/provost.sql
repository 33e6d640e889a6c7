BEGIN TRANSACTION;
CREATE TABLE UJ_ConnectorDigests (Connector TEXT NOT NULL PRIMARY KEY, Digest TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "UJ_ConnectorDigests" VALUES('Small','c53c98051350b40e887eb1965bacdc60ebfd4f8c5275ae1432042f5cce79eb85');
CREATE TABLE UJ_Journal (
    Id INTEGER PRIMARY KEY, Actor TEXT NOT NULL, Reason TEXT NOT NULL, At BIGINT NOT NULL, DurationMicros BIGINT NOT NULL,
    Counts TEXT NOT NULL);
INSERT INTO "UJ_Journal" VALUES(1,'old','deploy-configuration of Conf',1795530714903794,2827,'{"configurationItems":15,"modelDeployed":1}');
INSERT INTO "UJ_Journal" VALUES(2,'old','initial session of connector Small',1795530714962999,76,'{}');
INSERT INTO "UJ_Journal" VALUES(3,'old','sealed initial session of connector Small',1795530715024048,229,'{}');
INSERT INTO "UJ_Journal" VALUES(4,'old','initial synchronisation of connector Small',1795530715039600,2960,'{"linksCreated":6,"resourcesInserted":6}');
INSERT INTO "UJ_Journal" VALUES(5,'old','incremental session of connector Small',1795530716249965,84,'{}');
INSERT INTO "UJ_Journal" VALUES(6,'old','sealed incremental session of connector Small',1795530716343484,111,'{}');
INSERT INTO "UJ_Journal" VALUES(7,'old','incremental synchronisation of connector Small',1795530716364160,12444,'{"resourcesDeleted":1,"resourcesInserted":1,"resourcesUpdated":2,"versions":3}');
INSERT INTO "UJ_Journal" VALUES(8,'old','complete session of connector Small',1795530717597790,69,'{}');
INSERT INTO "UJ_Journal" VALUES(9,'old','sealed complete session of connector Small',1795530717723528,200,'{}');
INSERT INTO "UJ_Journal" VALUES(10,'old','complete synchronisation of connector Small',1795530717752270,2709,'{"linksCreated":2,"linksRemoved":1}');
INSERT INTO "UJ_Journal" VALUES(11,'old','create-database-views',1795530717789471,419,'{"viewsRebuilt":2}');
CREATE TABLE UJ_Problems (
    Id INTEGER PRIMARY KEY, Run_Id BIGINT NOT NULL, TableName TEXT NOT NULL, Line BIGINT NOT NULL, ColumnName TEXT,
    Value TEXT, Reason TEXT NOT NULL, Remedy TEXT);
CREATE TABLE UJ_Runs (Id INTEGER PRIMARY KEY, Connector TEXT NOT NULL, CreatedAt BIGINT NOT NULL);
INSERT INTO "UJ_Runs" VALUES(1,'Small',1795530715028284);
INSERT INTO "UJ_Runs" VALUES(2,'Small',1795530716363525);
INSERT INTO "UJ_Runs" VALUES(3,'Small',1795530717751588);
CREATE TABLE UJ_SynchronizationSessions (
    Id TEXT NOT NULL PRIMARY KEY, Connector TEXT NOT NULL, Mode TEXT NOT NULL, Sequence BIGINT NOT NULL,
    State TEXT NOT NULL, BaseDigest TEXT, NewDigest TEXT, ChangeSetHash TEXT, Run_Id BIGINT, Summary TEXT,
    CreatedAt BIGINT NOT NULL, UpdatedAt BIGINT NOT NULL);
INSERT INTO "UJ_SynchronizationSessions" VALUES('01a20df8-6f52-71bd-b42d-6cbcd670f314','Small','initial',1,'Applied',NULL,'a0afd7c5a5f1d22cef75cacc81afd363a1e2191fe72fbdd07724b881cf51ef66','a0afd7c5a5f1d22cef75cacc81afd363',1,'{"connector":"Small","mode":"initial","state":"Completed","changeSet":{"hash":"a0afd7c5a5f1d22cef75cacc81afd363"},"entityTypes":{"T_Person":{"rows":4,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":4,"updated":0,"deleted":0,"unchanged":0},"T_Team":{"rows":2,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":2,"updated":0,"deleted":0,"unchanged":0}},"associations":{"T_Team_Home":{"rows":3,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":3,"deleted":0,"unchanged":0,"orphans":0,"linksCreated":3,"linksRemoved":0},"T_Team_Member":{"rows":3,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":3,"deleted":0,"unchanged":0,"orphans":0,"linksCreated":3,"linksRemoved":0}},"thresholds":[],"causes":[]}',1795530714962341,1795530715028284);
INSERT INTO "UJ_SynchronizationSessions" VALUES('01a20df8-7459-7043-8981-9f4ea8a87e4e','Small','incremental',2,'Applied','a0afd7c5a5f1d22cef75cacc81afd363a1e2191fe72fbdd07724b881cf51ef66','6408d224187a7c58638b370233d41d277a968ad4d9a32421abc2e7eb1bbede84','3f0b91aa5fdd48651ca508ac67e70b6d',2,'{"connector":"Small","mode":"incremental","state":"Completed","changeSet":{"hash":"3f0b91aa5fdd48651ca508ac67e70b6d"},"entityTypes":{"T_Person":{"rows":4,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":1,"updated":2,"deleted":1,"unchanged":1},"T_Team":{"rows":2,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":0,"updated":0,"deleted":0,"unchanged":2}},"associations":{"T_Team_Home":{"rows":3,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":0,"deleted":0,"unchanged":3,"orphans":0,"linksCreated":0,"linksRemoved":0},"T_Team_Member":{"rows":3,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":0,"deleted":0,"unchanged":3,"orphans":0,"linksCreated":0,"linksRemoved":0}},"thresholds":[],"causes":[]}',1795530716249370,1795530716363525);
INSERT INTO "UJ_SynchronizationSessions" VALUES('01a20df8-799d-700c-95c0-956547c278d3','Small','complete',3,'Applied',NULL,'c53c98051350b40e887eb1965bacdc60ebfd4f8c5275ae1432042f5cce79eb85','6add0b6c984761eee05c02738efdf9c2',3,'{"connector":"Small","mode":"complete","state":"Completed","changeSet":{"hash":"6add0b6c984761eee05c02738efdf9c2"},"entityTypes":{"T_Person":{"rows":4,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":0,"updated":0,"deleted":0,"unchanged":4},"T_Team":{"rows":2,"nullPrimaryKeys":0,"duplicates":0,"rejected":0,"inserted":0,"updated":0,"deleted":0,"unchanged":2}},"associations":{"T_Team_Home":{"rows":3,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":0,"deleted":0,"unchanged":3,"orphans":0,"linksCreated":0,"linksRemoved":0},"T_Team_Member":{"rows":4,"nullKeys":0,"duplicates":0,"rejected":0,"inserted":2,"deleted":1,"unchanged":2,"orphans":0,"linksCreated":2,"linksRemoved":1}},"thresholds":[],"causes":[]}',1795530717597268,1795530717751588);
CREATE TABLE UJ_TableProfiles (
    Connector TEXT NOT NULL, TableName TEXT NOT NULL, Json TEXT NOT NULL,
    PRIMARY KEY (Connector, TableName)) WITHOUT ROWID;
INSERT INTO "UJ_TableProfiles" VALUES('Small','T_Person','{"rows":4,"sampled":4,"pairs":false,"keys":"0_nHJ10n8CkT2TqtV02v_PRm","columns":[{"name":"id","empty":0,"distinct":4,"lengths":{"min":1,"mean":1.0,"max":1},"classes":{"digits":4},"case":{"lower":0,"upper":0,"mixed":0},"values":"0_nHJ10n8CkT2TqtV02v_PRm","aligned":"LQqZG_3r","forms":{"lower":"0_nHJ10n8CkT2TqtV02v_PRm","unpadded":"0_nHJ10n8CkT2TqtV02v_PRm","number":"0_nHJ10n8CkT2TqtV02v_PRm","local":"0_nHJ10n8CkT2TqtV02v_PRm","commonPrefix":""}},{"name":"login","empty":0,"distinct":4,"lengths":{"min":3,"mean":3.0,"max":3},"classes":{"word":4},"case":{"lower":4,"upper":0,"mixed":0},"values":"-J-w23090OUG0d6JGY1pZUQT","aligned":"EruBvi5X"},{"name":"name","empty":0,"distinct":4,"lengths":{"min":3,"mean":5.25,"max":12},"classes":{"word":3,"words":1},"case":{"lower":0,"upper":0,"mixed":4},"values":"-FPA0e-fP82q16Z1sh2pLkVU","aligned":"6NQjLsxf"},{"name":"age","empty":1,"distinct":3,"lengths":{"min":2,"mean":2.0,"max":2},"classes":{"digits":3},"case":{"lower":0,"upper":0,"mixed":0},"values":"-H4wgc-Iaw-E0RpzQ_","aligned":"fa--rvVF"}]}');
INSERT INTO "UJ_TableProfiles" VALUES('Small','T_Team','{"rows":2,"sampled":2,"pairs":false,"keys":"0oorOg2Fp8QV","columns":[{"name":"code","empty":0,"distinct":2,"lengths":{"min":1,"mean":1.0,"max":1},"classes":{"word":2},"case":{"lower":0,"upper":2,"mixed":0},"values":"0oorOg2Fp8QV","aligned":"wMH4","forms":{"lower":"0MLVgR2alY9q","unpadded":"0oorOg2Fp8QV","number":"0oorOg2Fp8QV","local":"0oorOg2Fp8QV","commonPrefix":""}},{"name":"title","empty":0,"distinct":2,"lengths":{"min":4,"mean":4.5,"max":5},"classes":{"word":2},"case":{"lower":0,"upper":0,"mixed":2},"values":"0r1X0d1D-ODm","aligned":"fC8l"}]}');
INSERT INTO "UJ_TableProfiles" VALUES('Small','T_Team_Home','{"rows":3,"sampled":3,"pairs":true,"keys":"-xv4KN1ITw2V1wk3tG","columns":[{"name":"team","empty":0,"distinct":2,"lengths":{"min":1,"mean":1.0,"max":1},"classes":{"word":3},"case":{"lower":0,"upper":3,"mixed":0},"values":"0oorOg2Fp8QV","aligned":"","forms":{"lower":"0MLVgR2alY9q","unpadded":"0oorOg2Fp8QV","number":"0oorOg2Fp8QV","local":"0oorOg2Fp8QV","commonPrefix":""}},{"name":"id","empty":0,"distinct":3,"lengths":{"min":1,"mean":1.0,"max":1},"classes":{"digits":3},"case":{"lower":0,"upper":0,"mixed":0},"values":"0_nHJ10n8CkT2v_PRm","aligned":"","forms":{"lower":"0_nHJ10n8CkT2v_PRm","unpadded":"0_nHJ10n8CkT2v_PRm","number":"0_nHJ10n8CkT2v_PRm","local":"0_nHJ10n8CkT2v_PRm","commonPrefix":""}}]}');
INSERT INTO "UJ_TableProfiles" VALUES('Small','T_Team_Member','{"rows":4,"sampled":4,"pairs":true,"keys":"-uPdGy1URk5S1bMg1N2GO50a","columns":[{"name":"team","empty":0,"distinct":2,"lengths":{"min":1,"mean":1.0,"max":1},"classes":{"word":4},"case":{"lower":0,"upper":4,"mixed":0},"top":[["B",3,"5XuBvi"],["A",1,"Er"]],"topIsComplete":true,"values":"0oorOg2Fp8QV","aligned":"","forms":{"lower":"0MLVgR2alY9q","unpadded":"0oorOg2Fp8QV","number":"0oorOg2Fp8QV","local":"0oorOg2Fp8QV","commonPrefix":""}},{"name":"login","empty":0,"distinct":4,"lengths":{"min":3,"mean":3.0,"max":3},"classes":{"word":4},"case":{"lower":4,"upper":0,"mixed":0},"values":"-J-w23090OUG0d6JGY1pZUQT","aligned":"","forms":{"lower":"-J-w23090OUG0d6JGY1pZUQT","unpadded":"-J-w23090OUG0d6JGY1pZUQT","number":"-J-w23090OUG0d6JGY1pZUQT","local":"-J-w23090OUG0d6JGY1pZUQT","commonPrefix":""}}]}');
CREATE TABLE UM_ConfigurationItems (
    Element TEXT NOT NULL, Identity TEXT NOT NULL, File TEXT NOT NULL, Json TEXT NOT NULL,
    Position BIGINT NOT NULL, PRIMARY KEY (Element, Identity)) WITHOUT ROWID;
INSERT INTO "UM_ConfigurationItems" VALUES('Agent','Local','Small.xml','{"element":"Agent","identity":"Local","attributes":[["Identifier","Local"],["DisplayName_L1","Local agent"]],"children":[],"file":"Small.xml"}',2);
INSERT INTO "UM_ConfigurationItems" VALUES('Connection','Homes','Small.xml','{"element":"Connection","identity":"Homes","attributes":[["Identifier","Homes"],["DisplayName_L1","Homes"],["Connector","Small"],["Package","Usercube.CSV@0000001"]],"children":[],"file":"Small.xml"}',7);
INSERT INTO "UM_ConfigurationItems" VALUES('Connection','Members','Small.xml','{"element":"Connection","identity":"Members","attributes":[["Identifier","Members"],["DisplayName_L1","Members"],["Connector","Small"],["Package","Usercube.CSV@0000001"]],"children":[],"file":"Small.xml"}',6);
INSERT INTO "UM_ConfigurationItems" VALUES('Connection','People','Small.xml','{"element":"Connection","identity":"People","attributes":[["Identifier","People"],["DisplayName_L1","People"],["Connector","Small"],["Package","Usercube.CSV@0000001"]],"children":[],"file":"Small.xml"}',4);
INSERT INTO "UM_ConfigurationItems" VALUES('Connection','Teams','Small.xml','{"element":"Connection","identity":"Teams","attributes":[["Identifier","Teams"],["DisplayName_L1","Teams"],["Connector","Small"],["Package","Usercube.CSV@0000001"]],"children":[],"file":"Small.xml"}',5);
INSERT INTO "UM_ConfigurationItems" VALUES('Connector','Small','Small.xml','{"element":"Connector","identity":"Small","attributes":[["Identifier","Small"],["DisplayName_L1","Small company"],["Agent","Local"],["MaximumInsertedLines","0"],["MaximumUpdatedLines","0"],["MaximumDeletedLines","0"],["MaxPercentageInsertedLines","0"],["MaxPercentageUpdatedLines","0"],["MaxPercentageDeletedLines","0"],["MaximumLinkInsertedLines","0"],["MaximumLinkDeletedLines","0"],["MaxLinkPercentageInsertedLines","0"],["MaxLinkPercentageDeletedLines","0"]],"children":[],"file":"Small.xml"}',3);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityAssociation','T_Team_Home','Small.xml','{"element":"EntityAssociation","identity":"T_Team_Home","attributes":[["Identifier","T_Team_Home"],["DisplayName_L1","Homes"],["Property1","T_Team:Residents"],["Property2","T_Person:Home"],["IsProperty1Collection","true"]],"children":[],"file":"Small.xml"}',11);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityAssociation','T_Team_Member','Small.xml','{"element":"EntityAssociation","identity":"T_Team_Member","attributes":[["Identifier","T_Team_Member"],["DisplayName_L1","Members"],["Property1","T_Team:Members"],["Property2","T_Person:Teams"],["IsProperty1Collection","true"],["IsProperty2Collection","true"]],"children":[],"file":"Small.xml"}',10);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityAssociationMapping','T_Team_Home','Small.xml','{"element":"EntityAssociationMapping","identity":"T_Team_Home","attributes":[["Identifier","T_Team_Home"],["Connector","Small"],["ConnectionTable","Homes"],["Column1","team"],["Column2","id"],["EntityPropertyMapping1","T_Team:Code"],["EntityPropertyMapping2","T_Person:Number"]],"children":[],"file":"Small.xml"}',15);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityAssociationMapping','T_Team_Member','Small.xml','{"element":"EntityAssociationMapping","identity":"T_Team_Member","attributes":[["Identifier","T_Team_Member"],["Connector","Small"],["ConnectionTable","Members"],["Column1","team"],["Column2","login"],["EntityPropertyMapping1","T_Team:Code"],["EntityPropertyMapping2","T_Person:Login"]],"children":[],"file":"Small.xml"}',14);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityType','T_Person','Small.xml','{"element":"EntityType","identity":"T_Person","attributes":[["Identifier","T_Person"],["DisplayName_L1","Person"]],"children":[{"element":"Property","identity":"Number","attributes":[["Identifier","Number"],["DisplayName_L1","Number"],["IsKey","true"],["TargetColumnIndex","4"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Login","attributes":[["Identifier","Login"],["DisplayName_L1","Login"],["IsKey","true"],["TargetColumnIndex","5"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Name","attributes":[["Identifier","Name"],["DisplayName_L1","Name"],["TargetColumnIndex","6"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Age","attributes":[["Identifier","Age"],["DisplayName_L1","Age"],["Type","Int32"],["TargetColumnIndex","7"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Teams","attributes":[["Identifier","Teams"],["DisplayName_L1","Teams"],["Type","ForeignKey"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Home","attributes":[["Identifier","Home"],["DisplayName_L1","Home"],["Type","ForeignKey"],["TargetColumnIndex","128"]],"children":[],"file":"Small.xml"}],"file":"Small.xml"}',8);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityType','T_Team','Small.xml','{"element":"EntityType","identity":"T_Team","attributes":[["Identifier","T_Team"],["DisplayName_L1","Team"]],"children":[{"element":"Property","identity":"Code","attributes":[["Identifier","Code"],["DisplayName_L1","Code"],["IsKey","true"],["TargetColumnIndex","4"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Title","attributes":[["Identifier","Title"],["DisplayName_L1","Title"],["TargetColumnIndex","5"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Members","attributes":[["Identifier","Members"],["DisplayName_L1","Members"],["Type","ForeignKey"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Residents","attributes":[["Identifier","Residents"],["DisplayName_L1","Residents"],["Type","ForeignKey"]],"children":[],"file":"Small.xml"}],"file":"Small.xml"}',9);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityTypeMapping','T_Person','Small.xml','{"element":"EntityTypeMapping","identity":"T_Person","attributes":[["Identifier","T_Person"],["Connector","Small"],["ConnectionTable","People"]],"children":[{"element":"Property","identity":"Number","attributes":[["Identifier","Number"],["ConnectionColumn","id"],["IsPrimaryKey","true"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Login","attributes":[["Identifier","Login"],["ConnectionColumn","login"],["IsUniqueKey","true"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Name","attributes":[["Identifier","Name"],["ConnectionColumn","name"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Age","attributes":[["Identifier","Age"],["ConnectionColumn","age"],["Format","Int32"]],"children":[],"file":"Small.xml"}],"file":"Small.xml"}',12);
INSERT INTO "UM_ConfigurationItems" VALUES('EntityTypeMapping','T_Team','Small.xml','{"element":"EntityTypeMapping","identity":"T_Team","attributes":[["Identifier","T_Team"],["Connector","Small"],["ConnectionTable","Teams"]],"children":[{"element":"Property","identity":"Code","attributes":[["Identifier","Code"],["ConnectionColumn","code"],["IsPrimaryKey","true"]],"children":[],"file":"Small.xml"},{"element":"Property","identity":"Title","attributes":[["Identifier","Title"],["ConnectionColumn","title"]],"children":[],"file":"Small.xml"}],"file":"Small.xml"}',13);
INSERT INTO "UM_ConfigurationItems" VALUES('Language','en-US','Small.xml','{"element":"Language","identity":"en-US","attributes":[["Code","en-US"],["IndicatorNumber","1"]],"children":[],"file":"Small.xml"}',1);
CREATE TABLE UM_Counters (Name TEXT NOT NULL PRIMARY KEY, Value BIGINT NOT NULL) WITHOUT ROWID;
INSERT INTO "UM_Counters" VALUES('ConfigurationItem',15);
INSERT INTO "UM_Counters" VALUES('ConfigurationVersion',1);
INSERT INTO "UM_Counters" VALUES('EntityAssociation',2);
INSERT INTO "UM_Counters" VALUES('EntityProperty',10);
INSERT INTO "UM_Counters" VALUES('EntityType',2);
INSERT INTO "UM_Counters" VALUES('Resource',22);
INSERT INTO "UM_Counters" VALUES('Run',3);
INSERT INTO "UM_Counters" VALUES('Session',3);
CREATE TABLE UM_EntityAssociations (
    Id INTEGER PRIMARY KEY, Identifier TEXT NOT NULL UNIQUE, Property1_Id BIGINT NOT NULL, Property2_Id BIGINT NOT NULL,
    StoredSide BIGINT NOT NULL, TargetColumnIndex BIGINT NOT NULL);
INSERT INTO "UM_EntityAssociations" VALUES(1,'T_Team_Member',9,5,0,-1);
INSERT INTO "UM_EntityAssociations" VALUES(2,'T_Team_Home',10,6,2,128);
CREATE TABLE UM_EntityProperties (
    Id INTEGER PRIMARY KEY, EntityType_Id BIGINT NOT NULL, Identifier TEXT NOT NULL, Position BIGINT NOT NULL,
    TargetColumnIndex BIGINT NOT NULL, IsNavigation BIGINT NOT NULL, HistoryPrecision BIGINT NOT NULL,
    KeyRole BIGINT NOT NULL, IsMapped BIGINT NOT NULL, UNIQUE (EntityType_Id, Identifier));
INSERT INTO "UM_EntityProperties" VALUES(1,1,'Number',0,4,0,0,2,1);
INSERT INTO "UM_EntityProperties" VALUES(2,1,'Login',1,5,0,0,1,1);
INSERT INTO "UM_EntityProperties" VALUES(3,1,'Name',2,6,0,0,0,1);
INSERT INTO "UM_EntityProperties" VALUES(4,1,'Age',3,7,0,0,0,1);
INSERT INTO "UM_EntityProperties" VALUES(5,1,'Teams',4,-1,1,0,0,0);
INSERT INTO "UM_EntityProperties" VALUES(6,1,'Home',5,128,1,0,0,0);
INSERT INTO "UM_EntityProperties" VALUES(7,2,'Code',0,4,0,0,2,1);
INSERT INTO "UM_EntityProperties" VALUES(8,2,'Title',1,5,0,0,0,1);
INSERT INTO "UM_EntityProperties" VALUES(9,2,'Members',2,-1,1,0,0,0);
INSERT INTO "UM_EntityProperties" VALUES(10,2,'Residents',3,-1,1,0,0,0);
CREATE TABLE UM_EntityPropertySlots (
    EntityType_Id BIGINT NOT NULL, Property_Id BIGINT NOT NULL, TargetColumnIndex BIGINT NOT NULL,
    IsNavigation BIGINT NOT NULL, ValidFrom BIGINT NOT NULL, ValidTo BIGINT NOT NULL);
INSERT INTO "UM_EntityPropertySlots" VALUES(1,1,4,0,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(1,2,5,0,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(1,3,6,0,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(1,4,7,0,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(1,6,128,1,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(2,7,4,0,-9223372036854775808,9223372036854775807);
INSERT INTO "UM_EntityPropertySlots" VALUES(2,8,5,0,-9223372036854775808,9223372036854775807);
CREATE TABLE UM_EntityTypes (Id INTEGER PRIMARY KEY, Identifier TEXT NOT NULL UNIQUE);
INSERT INTO "UM_EntityTypes" VALUES(1,'T_Person');
INSERT INTO "UM_EntityTypes" VALUES(2,'T_Team');
CREATE TABLE UM_ResourceColumns (TargetColumnIndex INTEGER PRIMARY KEY);
INSERT INTO "UM_ResourceColumns" VALUES(4);
INSERT INTO "UM_ResourceColumns" VALUES(5);
INSERT INTO "UM_ResourceColumns" VALUES(6);
INSERT INTO "UM_ResourceColumns" VALUES(7);
INSERT INTO "UM_ResourceColumns" VALUES(128);
CREATE TABLE UM_SchemaVersions (Version INTEGER PRIMARY KEY, AppliedAt BIGINT NOT NULL);
INSERT INTO "UM_SchemaVersions" VALUES(1,1795530714880174);
CREATE TABLE UR_ResourceChangeSlots (
    Run_Id BIGINT NOT NULL, Type BIGINT NOT NULL, TargetColumnIndex BIGINT NOT NULL,
    PRIMARY KEY (Run_Id, Type, TargetColumnIndex)) WITHOUT ROWID;
CREATE TABLE UR_ResourceChanges (
    Id INTEGER PRIMARY KEY, Run_Id BIGINT NOT NULL, Type BIGINT NOT NULL, Command BIGINT NOT NULL, Resource_Id BIGINT NOT NULL,
    KeyValue TEXT, Line BIGINT NOT NULL, HistoryPrecision BIGINT NOT NULL, Fingerprint BIGINT NOT NULL,
    Changed BIGINT NOT NULL, DisplayName_L1 TEXT, C4 TEXT, C5 TEXT, C6 TEXT, C7 TEXT, I40 BIGINT);
CREATE TABLE UR_ResourceKeyChanges (
    Id INTEGER PRIMARY KEY, Run_Id BIGINT NOT NULL, Command BIGINT NOT NULL, EntityType_Id BIGINT NOT NULL,
    Property_Id BIGINT NOT NULL, KeyValue TEXT NOT NULL, Resource_Id BIGINT NOT NULL, Fingerprint BIGINT NOT NULL);
CREATE TABLE UR_ResourceKeys (
    EntityType_Id BIGINT NOT NULL, Property_Id BIGINT NOT NULL, KeyValue TEXT NOT NULL, Resource_Id BIGINT NOT NULL,
    Fingerprint BIGINT NOT NULL, PRIMARY KEY (EntityType_Id, Property_Id, KeyValue, Resource_Id)) WITHOUT ROWID;
INSERT INTO "UR_ResourceKeys" VALUES(1,1,'1',1,1190462538629853453);
INSERT INTO "UR_ResourceKeys" VALUES(1,1,'2',2,6726690712503001360);
INSERT INTO "UR_ResourceKeys" VALUES(1,1,'3',3,-3945103787771270182);
INSERT INTO "UR_ResourceKeys" VALUES(1,1,'5',7,-5606107299945883622);
INSERT INTO "UR_ResourceKeys" VALUES(1,2,'ada',1,0);
INSERT INTO "UR_ResourceKeys" VALUES(1,2,'bob',2,0);
INSERT INTO "UR_ResourceKeys" VALUES(1,2,'cyd',3,0);
INSERT INTO "UR_ResourceKeys" VALUES(1,2,'eve',7,0);
INSERT INTO "UR_ResourceKeys" VALUES(2,7,'A',5,-6655108694566120658);
INSERT INTO "UR_ResourceKeys" VALUES(2,7,'B',6,-7024274824665703858);
CREATE TABLE UR_ResourceLinkChanges (
    Id INTEGER PRIMARY KEY, Run_Id BIGINT NOT NULL, Association_Id BIGINT NOT NULL, Command BIGINT NOT NULL,
    Resource1_Id BIGINT NOT NULL, Resource2_Id BIGINT NOT NULL, Key1 TEXT, Key2 TEXT, Line BIGINT NOT NULL);
CREATE TABLE UR_ResourceLinkOrphanChanges (
    Id INTEGER PRIMARY KEY, Run_Id BIGINT NOT NULL, Association_Id BIGINT NOT NULL, Command BIGINT NOT NULL,
    Key1 TEXT NOT NULL, Key2 TEXT NOT NULL);
CREATE TABLE UR_ResourceLinkOrphans (
    Association_Id BIGINT NOT NULL, Key1 TEXT NOT NULL, Key2 TEXT NOT NULL,
    PRIMARY KEY (Association_Id, Key1, Key2)) WITHOUT ROWID;
CREATE TABLE UR_ResourceLinks (
    Association_Id BIGINT NOT NULL, Resource1_Id BIGINT NOT NULL, Resource2_Id BIGINT NOT NULL,
    ValidFrom BIGINT NOT NULL, PRIMARY KEY (Association_Id, Resource1_Id, Resource2_Id)) WITHOUT ROWID;
INSERT INTO "UR_ResourceLinks" VALUES(1,5,1,1795530715028284);
INSERT INTO "UR_ResourceLinks" VALUES(1,6,2,1795530717751588);
INSERT INTO "UR_ResourceLinks" VALUES(1,6,3,1795530715028284);
INSERT INTO "UR_ResourceLinks" VALUES(1,6,7,1795530717751588);
CREATE TABLE UR_ResourceLinksHistory (
    Association_Id BIGINT NOT NULL, Resource1_Id BIGINT NOT NULL, Resource2_Id BIGINT NOT NULL,
    ValidFrom BIGINT NOT NULL, ValidTo BIGINT NOT NULL);
INSERT INTO "UR_ResourceLinksHistory" VALUES(1,5,2,1795530715028284,1795530717751588);
CREATE TABLE UR_ResourceValueChanges (Resource_Id BIGINT NOT NULL, Value TEXT);
CREATE TABLE UR_Resources (
    Id INTEGER PRIMARY KEY, Type BIGINT NOT NULL, ValidFrom BIGINT NOT NULL, Dirty BIGINT NOT NULL DEFAULT 0, DisplayName_L1 TEXT, C4 TEXT, C5 TEXT, C6 TEXT, C7 TEXT, I40 BIGINT);
INSERT INTO "UR_Resources" VALUES(1,1,1795530716363525,0,'Ada Lovelace','1','ada','Ada Lovelace','36',5);
INSERT INTO "UR_Resources" VALUES(2,1,1795530716363525,0,'Bob','2','bob','Bob','42',6);
INSERT INTO "UR_Resources" VALUES(3,1,1795530715028284,0,'Cyd','3','cyd','Cyd',NULL,6);
INSERT INTO "UR_Resources" VALUES(5,2,1795530715028284,0,'A','A','Alpha',NULL,NULL,NULL);
INSERT INTO "UR_Resources" VALUES(6,2,1795530715028284,0,'B','B','Beta',NULL,NULL,NULL);
INSERT INTO "UR_Resources" VALUES(7,1,1795530716363525,0,'Eve','5','eve','Eve','29',NULL);
CREATE TABLE UR_ResourcesHistory (
    Id BIGINT NOT NULL, Type BIGINT NOT NULL, ValidFrom BIGINT NOT NULL, ValidTo BIGINT NOT NULL,
    KeyValue TEXT, DisplayName_L1 TEXT, C4 TEXT, C5 TEXT, C6 TEXT, C7 TEXT, I40 BIGINT);
INSERT INTO "UR_ResourcesHistory" VALUES(4,1,1795530715028284,1795530716363525,'4','Dan','4','dan','Dan','52',NULL);
INSERT INTO "UR_ResourcesHistory" VALUES(1,1,1795530715028284,1795530716363525,'1','Ada','1','ada','Ada','36',5);
INSERT INTO "UR_ResourcesHistory" VALUES(2,1,1795530715028284,1795530716363525,'2','Bob','2','bob','Bob','41',6);
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('UR_Resources','UR_Resources_Type','1000000 200000');
INSERT INTO "sqlite_stat1" VALUES('UR_Resources','UR_Resources_Dirty','1000 500');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourcesHistory','UR_ResourcesHistory_Id','1000000 3 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourcesHistory','UR_ResourcesHistory_Key','1000000 200000 3 3 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceKeys','UR_ResourceKeys','2000000 400000 200000 1 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinks','UR_ResourceLinks','5000000 1000000 10 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinksHistory','UR_ResourceLinksHistory_1','1000000 10 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinksHistory','UR_ResourceLinksHistory_2','1000000 20 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinkOrphans','UR_ResourceLinkOrphans','100000 20000 3 1');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceChanges','UR_ResourceChanges_Run','20000 20000 10000 5000');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinkChanges','UR_ResourceLinkChanges_Run','20000 20000 10000 5000');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceKeyChanges','UR_ResourceKeyChanges_Run','20000 20000 7000');
INSERT INTO "sqlite_stat1" VALUES('UR_ResourceLinkOrphanChanges','UR_ResourceLinkOrphanChanges_Run','2000 2000 1000');
INSERT INTO "sqlite_stat1" VALUES('UR_Resources','UR_Resources_I40','1000000 20');
CREATE INDEX UR_Resources_Type ON UR_Resources (Type);
CREATE INDEX UR_Resources_Dirty ON UR_Resources (Type) WHERE Dirty = 1;
CREATE INDEX UR_ResourcesHistory_Id ON UR_ResourcesHistory (Id, ValidTo);
CREATE INDEX UR_ResourcesHistory_Key ON UR_ResourcesHistory (Type, KeyValue, Id, ValidTo);
CREATE INDEX UR_ResourceLinksHistory_1 ON UR_ResourceLinksHistory (Resource1_Id, ValidTo);
CREATE INDEX UR_ResourceLinksHistory_2 ON UR_ResourceLinksHistory (Resource2_Id, ValidTo);
CREATE INDEX UR_ResourceChanges_Run ON UR_ResourceChanges (Run_Id, Type, Command);
CREATE INDEX UR_ResourceLinkChanges_Run ON UR_ResourceLinkChanges (Run_Id, Association_Id, Command);
CREATE INDEX UR_ResourceKeyChanges_Run ON UR_ResourceKeyChanges (Run_Id, Command);
CREATE INDEX UR_ResourceLinkOrphanChanges_Run ON UR_ResourceLinkOrphanChanges (Run_Id, Command);
CREATE INDEX UJ_SynchronizationSessions_Queue ON UJ_SynchronizationSessions (Connector, State, Sequence);
CREATE INDEX UJ_Problems_Run ON UJ_Problems (Run_Id);
CREATE INDEX UR_Resources_I40 ON UR_Resources (I40) WHERE I40 IS NOT NULL;
CREATE TRIGGER ur_resources_updated_1 AFTER UPDATE ON UR_Resources WHEN OLD.Type = 1 AND (OLD.C4 IS DISTINCT FROM NEW.C4 OR OLD.C5 IS DISTINCT FROM NEW.C5 OR OLD.C6 IS DISTINCT FROM NEW.C6 OR OLD.C7 IS DISTINCT FROM NEW.C7 OR OLD.Type <> NEW.Type)
BEGIN
  UPDATE UR_ResourceKeys SET Fingerprint = 0 WHERE EntityType_Id = 1 AND Property_Id = 1 AND KeyValue = OLD.C4 AND Resource_Id = OLD.Id AND Fingerprint <> 0;
END;
CREATE TRIGGER ur_resources_rekeyed_1_2 AFTER UPDATE ON UR_Resources WHEN OLD.Type = 1 AND OLD.C5 IS DISTINCT FROM NEW.C5
BEGIN
  DELETE FROM UR_ResourceKeys WHERE EntityType_Id = 1 AND Property_Id = 2 AND KeyValue = OLD.C5 AND Resource_Id = OLD.Id;
  INSERT INTO UR_ResourceKeys (EntityType_Id, Property_Id, KeyValue, Resource_Id, Fingerprint) SELECT 1, 2, NEW.C5, NEW.Id, 0 WHERE NEW.C5 <> '' ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER ur_resources_deleted_1 AFTER DELETE ON UR_Resources WHEN OLD.Type = 1
BEGIN
  DELETE FROM UR_ResourceKeys WHERE EntityType_Id = 1 AND Property_Id = 1 AND KeyValue = OLD.C4 AND Resource_Id = OLD.Id;
  DELETE FROM UR_ResourceKeys WHERE EntityType_Id = 1 AND Property_Id = 2 AND KeyValue = OLD.C5 AND Resource_Id = OLD.Id;
END;
CREATE TRIGGER ur_resources_updated_2 AFTER UPDATE ON UR_Resources WHEN OLD.Type = 2 AND (OLD.C4 IS DISTINCT FROM NEW.C4 OR OLD.C5 IS DISTINCT FROM NEW.C5 OR OLD.Type <> NEW.Type)
BEGIN
  UPDATE UR_ResourceKeys SET Fingerprint = 0 WHERE EntityType_Id = 2 AND Property_Id = 7 AND KeyValue = OLD.C4 AND Resource_Id = OLD.Id AND Fingerprint <> 0;
END;
CREATE TRIGGER ur_resources_deleted_2 AFTER DELETE ON UR_Resources WHEN OLD.Type = 2
BEGIN
  DELETE FROM UR_ResourceKeys WHERE EntityType_Id = 2 AND Property_Id = 7 AND KeyValue = OLD.C4 AND Resource_Id = OLD.Id;
END;
CREATE INDEX UR_ResourceLinks_Reverse ON UR_ResourceLinks (Association_Id, Resource2_Id, Resource1_Id);
CREATE VIEW "zz_t_person" AS SELECT r.Id AS id, r.DisplayName_L1 AS internaldisplayname, r.C4 AS "number", r.C5 AS "login", r.C6 AS "name", r.C7 AS "age", CAST(r.I40 AS TEXT) AS "home" FROM UR_Resources r WHERE r.Type = 1;
CREATE VIEW "zz_t_team" AS SELECT r.Id AS id, r.DisplayName_L1 AS internaldisplayname, r.C4 AS "code", r.C5 AS "title" FROM UR_Resources r WHERE r.Type = 2;
COMMIT;
