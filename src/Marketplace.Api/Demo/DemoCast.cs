using Marketplace.Contracts;

namespace Marketplace.Api.Demo;

/// <summary>Who the demo tenant has: invented organisations in a real district.</summary>
internal static class DemoCast
{
    /// <summary>Sayram district, Turkistan oblast: villages close together, vegetables and milk.</summary>
    public const string District = "kz-615200000";

    public static readonly IReadOnlyList<DemoOrganisation> Organisations =
    [
        new("birlik", "cooperative", "Birlik", "KZ25464VUYCBYWB6UK95", 300),
        new("sapa", "certification_body", "Sapa", null, 0),
        new("zertkhana", "laboratory", "Zertkhana", null, 0),
        new("dastarkhan", "chain", "Dastarkhan", "KZ555522RUA0Z432CF1V", 0),
        new("bazarly", "chain", "Bazarly", "KZ29335UCZEJX05VHS5G", 0),
        new("office", "project_office", "Project office", null, 0),
    ];

    public static readonly IReadOnlyList<DemoPerson> People =
    [
        new(Role.CooperativeManager, "birlik"), new(Role.CollectionOperator, "birlik"), new(Role.PayoutOfficer, "birlik"), new(Role.PayoutApprover, "birlik"),
        new(Role.IntakeOfficer, "sapa"), new(Role.DocumentReviewer, "sapa"), new(Role.Sampler, "sapa"), new(Role.Reviewer, "sapa"), new(Role.DecisionMaker, "sapa"),
        new(Role.QualityManager, "sapa"),
        new(Role.LaboratoryAnalyst, "zertkhana"), new(Role.LaboratorySupervisor, "zertkhana"),
        new(Role.RetailBuyer, "dastarkhan"), new(Role.RetailApprover, "dastarkhan"), new(Role.RetailReceiver, "dastarkhan"), new(Role.RetailFinance, "dastarkhan"),
        new(Role.RetailBuyer, "bazarly", Key: "retail_buyer_2"),
        new(Role.VillageAgent, null, District), new(Role.OkrugAkim, null, District), new(Role.DistrictOfficer, null, District),
        new(Role.ProjectOfficer, "office"), new(Role.Auditor, "office"), new(Role.MessageGateway, "office"),
        new(Role.AppealsPanelist, "office"), new(Role.AppealsPanelist, "office", Key: "appeals_panelist_2"),
        new(Role.AppealsPanelist, "office", Key: "appeals_panelist_3"),
    ];
}

/// <summary>An invented organisation.</summary>
internal sealed record DemoOrganisation(string Key, string Kind, string Name, string? Iban, int FeeBasisPoints);

/// <summary>An invented officer.</summary>
internal sealed record DemoPerson(string Role, string? Organisation, string? Territory = null, string? Key = null)
{
    public string KeyName => Key ?? Role;
}
