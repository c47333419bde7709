namespace Marketplace.Contracts;

/// <summary>The roles of the chain; a person holds them in an organisation or territory, from one day to another.</summary>
public static class Role
{
    /// <summary>Member of a household: acts for its own household only.</summary>
    public const string Producer = "producer";

    /// <summary>Village agent: acts for households that consented.</summary>
    public const string VillageAgent = "village_agent";

    /// <summary>Manager of a co-operative or other applicant of record.</summary>
    public const string CooperativeManager = "cooperative_manager";

    /// <summary>Operator of a collection point: weighs and hands out slips and cash.</summary>
    public const string CollectionOperator = "collection_operator";

    /// <summary>Buyer of a chain: drafts and places orders.</summary>
    public const string RetailBuyer = "retail_buyer";

    /// <summary>Approver of a chain: approves orders above the buyer's limit.</summary>
    public const string RetailApprover = "retail_approver";

    /// <summary>Receiver of a chain: accepts and rejects what arrives.</summary>
    public const string RetailReceiver = "retail_receiver";

    /// <summary>Finance officer of a chain: records payments.</summary>
    public const string RetailFinance = "retail_finance";

    /// <summary>Intake officer of a certification body: completeness.</summary>
    public const string IntakeOfficer = "intake_officer";

    /// <summary>Document reviewer of a certification body: goes through a case's papers.</summary>
    public const string DocumentReviewer = "document_reviewer";

    /// <summary>Sampler or inspector of a certification body.</summary>
    public const string Sampler = "sampler";

    /// <summary>Technical reviewer of a certification body.</summary>
    public const string Reviewer = "reviewer";

    /// <summary>Decision maker of a certification body.</summary>
    public const string DecisionMaker = "decision_maker";

    /// <summary>Quality and impartiality manager of a certification body.</summary>
    public const string QualityManager = "quality_manager";

    /// <summary>Hears appeals and complaints about cases without having had a part in them.</summary>
    public const string AppealsPanelist = "appeals_panelist";

    /// <summary>Laboratory analyst: enters results.</summary>
    public const string LaboratoryAnalyst = "laboratory_analyst";

    /// <summary>Laboratory supervisor: approves results.</summary>
    public const string LaboratorySupervisor = "laboratory_supervisor";

    /// <summary>Akim of a rural district, or delegate: confirms households.</summary>
    public const string OkrugAkim = "okrug_akim";

    /// <summary>Officer of a district akimat.</summary>
    public const string DistrictOfficer = "district_officer";

    /// <summary>Analyst of the project office.</summary>
    public const string ProjectOfficer = "project_officer";

    /// <summary>Auditor: reads.</summary>
    public const string Auditor = "auditor";

    /// <summary>Platform administrator: organisations, people, switches; never decides, signs or pays.</summary>
    public const string PlatformAdministrator = "platform_administrator";

    /// <summary>Ledger officer of the applicant of record: prepares payouts.</summary>
    public const string PayoutOfficer = "payout_officer";

    /// <summary>Payout approver of the applicant of record: releases what another prepared.</summary>
    public const string PayoutApprover = "payout_approver";

    /// <summary>The operator's gateway of short messages: hands in what arrived, by an API key.</summary>
    public const string MessageGateway = "message_gateway";

    /// <summary>Every role, in the order of the chain.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        Producer, VillageAgent, CooperativeManager, CollectionOperator, RetailBuyer, RetailApprover, RetailReceiver, RetailFinance, IntakeOfficer,
        DocumentReviewer, Sampler, Reviewer, DecisionMaker, QualityManager, AppealsPanelist, LaboratoryAnalyst, LaboratorySupervisor, OkrugAkim,
        DistrictOfficer, ProjectOfficer,
        Auditor, PlatformAdministrator, PayoutOfficer, PayoutApprover, MessageGateway,
    ];
}
