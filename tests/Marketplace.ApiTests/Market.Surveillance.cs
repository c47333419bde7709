using System.Text.Json.Nodes;
using Marketplace.Certification;
using Marketplace.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.ApiTests;

public sealed partial class Market
{
    public const string Milk = "milk_cow_raw";

    /// <summary>One pass over what surveillance is due; chance stays out of it unless a test wants it.</summary>
    public async Task<int> Surveil(int randomPercent = 0)
    {
        await Owner($"update certification.watch_rule set random_percent = {randomPercent}");
        return await Services.GetRequiredService<ScheduleSurveillance>().Pass(default);
    }

    /// <summary>A household with a scope certificate for its milk: a new producer of what spoils soon, who is visited.</summary>
    public async Task<(Farm Farm, string Scope)> Milker()
    {
        var farm = await ActiveFarm();
        var (application, _) = await CaseAwaitingDecision(farm, Milk);
        return (farm, (await Body(await Decide(application, granted: true)))["scope"]!.GetValue<string>());
    }

    /// <summary>The same with the visit scheduled.</summary>
    public async Task<(Farm Farm, string Scope, Guid Visit)> MilkerToVisit()
    {
        var (farm, scope) = await Milker();
        await Surveil();
        return (farm, scope, await OpenVisit(farm));
    }

    public Task<Guid> OpenVisit(Farm farm) => Scalar<Guid>($"select id from certification.surveillance where household = '{farm.Household}' and state = 'open'");

    /// <summary>A batch of milk declared under a scope, with good quick tests.</summary>
    public async Task<HttpResponseMessage> DeclareMilk(Farm farm, string scope, LotId lot) =>
        await Post(farm.Head, $"/v1/scope-certificates/{scope}/batch-declarations", new { lot, values = (object[])[Quick("snf", 8.9, "% mass"), Quick("penicillin", 0.001)] });

    /// <summary>The record of a visit by the cast's sampler, with these findings.</summary>
    public Task<HttpResponseMessage> RecordVisit(Guid visit, params object[] findings) => RecordVisit(Cast(Role.Sampler), visit, findings);

    public Task<HttpResponseMessage> RecordVisit(Member by, Guid visit, object[] findings, object[]? counts = null, DateTimeOffset? visitedAt = null) =>
        Post(by, $"/v1/surveillance-visits/{visit}/record", new
        {
            visitedAt = visitedAt ?? Clock.GetUtcNow().AddMilliseconds(-1), place = "The byre.", reason = "Seen on the spot.", acknowledged = true, findings, counts,
        });

    public async Task<JsonNode> ShownVisit(Guid visit, string by = Role.QualityManager) => await Body(await Get(by, $"/v1/surveillance-visits/{visit}"));

    private static object Quick(string indicator, double? value, string unit = "mg/kg") => new { indicator, value, unit, method = "Strip" };
}
