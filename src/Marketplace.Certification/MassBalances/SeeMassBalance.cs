using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>How a claim stands to what a household plausibly yields.</summary>
[DatabaseEnum("certification.balance_verdict")]
public enum BalanceVerdict
{
    /// <summary>Within the plausible yield and its tolerance.</summary>
    Plausible,

    /// <summary>Above it: the place is visited and the goods are counted.</summary>
    OverClaim,

    /// <summary>No plot or animal is declared that it could come from: the place is visited and the goods are counted.</summary>
    NoBase,

    /// <summary>No yield is known for this product, so nothing was reckoned.</summary>
    NoYieldKnown,
}

/// <summary>What a yield is reckoned for.</summary>
public enum YieldSpan
{
    /// <summary>A calendar year of readiness.</summary>
    Season,

    /// <summary>A day.</summary>
    Day,
}

/// <summary>What of a household's plots or animals was reckoned with.</summary>
/// <param name="Kind">Kind of holding, for example <c>arable</c> or <c>cows</c>.</param>
/// <param name="Amount">Square metres or heads that counted.</param>
/// <param name="Per">What the yield is of: <c>ha</c> or <c>head</c>.</param>
/// <param name="Unit">Trading unit of the yield: <c>KGM</c>, <c>LTR</c> or <c>H87</c>.</param>
/// <param name="Low">A poor yield.</param>
/// <param name="Typical">A usual yield.</param>
/// <param name="High">The best yield that is plausible; the claim is held against it.</param>
/// <param name="Span">A season's yield or a day's.</param>
/// <param name="Confidence"><c>A</c> seen in an official source, <c>B</c> one figure seen in a secondary page, <c>C</c> recalled.</param>
/// <param name="Source">Where the figures come from.</param>
public sealed record BalanceBase(
    string Kind, long Amount, string Per, string Unit, decimal Low, decimal Typical, decimal High, YieldSpan Span, string Confidence, string Source);

/// <summary>A mass balance of a household, product and season.</summary>
/// <param name="Number">1, 2, 3 … in the case; a submission after a return makes the next.</param>
/// <param name="Season">The calendar year the lots are ready in.</param>
/// <param name="Days">
/// Days from the first to the last lot, and those one lot is gathered in; what is yielded by the day is multiplied with them.
/// </param>
/// <param name="Claimed">All that the household declared of the product for the season.</param>
/// <param name="Plausible">Bases times high yields; 0 without a base or a known yield.</param>
/// <param name="TolerancePercent">How far the claim may lie above it, in per cent.</param>
/// <param name="Verdict">What came of it.</param>
/// <param name="Bases">What was reckoned with.</param>
/// <param name="RecordedAt">When.</param>
public sealed record MassBalance(
    int Number, int Season, int Days, Quantity Claimed, Quantity Plausible, int TolerancePercent, BalanceVerdict Verdict, IReadOnlyList<BalanceBase> Bases,
    DateTimeOffset RecordedAt);

/// <summary>The mass balances of a case.</summary>
/// <param name="Application">The application.</param>
/// <param name="VisitOwed">Whether nothing is granted before the place was visited and the goods were counted.</param>
/// <param name="Balances">In order; the last counts.</param>
public sealed record ApplicationBalances(CertificationApplicationId Application, bool VisitOwed, IReadOnlyList<MassBalance> Balances);

/// <summary>GET /v1/applications/{id}/mass-balance.</summary>
public static class SeeMassBalance
{
    internal static void Map(RouteGroupBuilder applications) =>
        applications.MapGet("/{id}/mass-balance", Handle).WithName("seeMassBalance").RequiresSignIn();

    /// <summary>See what the household claims of the product in the season, held against what its plots and animals plausibly yield.</summary>
    /// <remarks>For the household's side, the people of the case, the quality manager of its body and auditors; 404 for everybody else.</remarks>
    public static async Task<Results<Ok<ApplicationBalances>, ProblemHttpResult>> Handle(
        CertificationApplicationId id, Database database, IHouseholds households, CancellationToken cancel) =>
        Answer.Ok(await See(id, database, households, cancel));

    internal static async Task<Outcome<ApplicationBalances>> See(
        CertificationApplicationId id, Database database, IHouseholds households, CancellationToken cancel)
    {
        if (await CaseEvidence.ToRead(id, database, households, cancel) is null)
        {
            return Refusal.NotFound;
        }

        var rows = await database.List<Row>($"""
            select number, season, days, claimed, plausible, unit, tolerance, verdict, bases, recorded_at
              from certification.mass_balance where application = {id} order by number
            """, cancel);
        return new ApplicationBalances(id, await database.Value<bool>($"select certification.visit_owed({id})", cancel), [.. rows.Select(row => new MassBalance(
            row.Number, row.Season, row.Days, new Quantity(row.Claimed, row.Unit), new Quantity(row.Plausible, row.Unit), row.Tolerance, row.Verdict,
            JsonSerializer.Deserialize<List<BalanceBase>>(row.Bases, Event.Json)!, row.RecordedAt))]);
    }

    private sealed record Row(
        int Number, int Season, int Days, long Claimed, long Plausible, string Unit, int Tolerance, BalanceVerdict Verdict, string Bases, DateTimeOffset RecordedAt);
}
