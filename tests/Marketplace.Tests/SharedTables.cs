namespace Marketplace.Tests;

/// <summary>The tables without a tenant's policy, each with the reason. Every other table is protected.</summary>
internal static class SharedTables
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["kernel.tenant"] = "says which tenants there are; read before one is known",
        ["kernel.clock"] = "one clock for all; only its owner writes it",
        ["kernel.stream_head"] = "written by kernel.append only, which checks the tenant; the application may only read hashes",
        ["kernel.subscription"] = "which code listens to which event; says nothing about anybody",
        ["kernel.delivery"] = "the dispatcher serves all tenants; rows hold ids only",
        ["kernel.credential_place"] = "finds the tenant of a secret's hash; only its owner's functions read it",
        ["certification.scheme"] = "published rules; an operator's own are seen by its tenant, by a policy of its own",
        ["certification.scheme_step"] = "published rules",
        ["certification.scheme_test"] = "published rules",
        ["certification.scheme_batch_test"] = "published rules",
        ["certification.scheme_check"] = "published rules",
        ["certification.indicator"] = "published rules",
        ["certification.limit_rule"] = "published rules; an operator's own are seen by its tenant, by a policy of its own",
        ["certification.requirement"] = "published rules",
        ["certification.draw_rule"] = "settings of the product",
        ["certification.surveillance_weight"] = "settings of the product",
        ["certification.product_risk"] = "settings of the product",
        ["certification.watch_rule"] = "settings of the product",
        ["certification.yield"] = "what plots and animals yield",
        ["catalogue.word"] = "names of products and villages, the same for all",
        ["logistics.rule"] = "settings of the product",
        ["orders.rule"] = "settings of the product",
        ["orders.default_approval_limit"] = "settings of the product",
        ["registry.territory"] = "the state's classifier",
        ["registry.territory_alias"] = "the state's classifier",
        ["registry.territory_before"] = "the state's classifier as it was",
        ["registry.consent_text"] = "published texts",
        ["supply.product"] = "the list of products",
        ["work.holiday"] = "the state's calendar",
    };
}
