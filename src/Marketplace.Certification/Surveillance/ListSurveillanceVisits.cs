using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A surveillance visit in a list.</summary>
/// <param name="Id">The visit.</param>
/// <param name="Household">Who is visited.</param>
/// <param name="Scheme">Under which scheme.</param>
/// <param name="Product">The product of the case behind it.</param>
/// <param name="Village">Where.</param>
/// <param name="Body">The certification body.</param>
/// <param name="State">Whether it was made.</param>
/// <param name="Announced">Whether the household knows of it before.</param>
/// <param name="DueOn">The last day for it.</param>
/// <param name="Sampler">Who makes it; absent while nobody is eligible.</param>
/// <param name="ScheduledAt">When it was scheduled.</param>
public sealed record SurveillanceSummary(
    Guid Id, HouseholdId Household, string Scheme, ProductCode Product, TerritoryCode Village, OrganisationId Body, SurveillanceState State, bool Announced,
    DateOnly DueOn, PersonId? Sampler, DateTimeOffset ScheduledAt)
{
    internal static SurveillanceSummary Of(SurveillanceVisit visit) => new(visit.Id, visit.Household, visit.Scheme, visit.Product, visit.Village, visit.Body,
        visit.State, visit.Announced, visit.DueOn, visit.Sampler, visit.ScheduledAt);
}

/// <summary>A reason for a visit.</summary>
/// <param name="Reason">The reason.</param>
/// <param name="Points">What it weighed when the visit was scheduled.</param>
/// <param name="Note">What it rests on.</param>
public sealed record SurveillanceCause(SurveillanceReason Reason, int Points, string? Note);

/// <summary>A finding of a visit and how it stands.</summary>
/// <param name="Number">1, 2, 3 … of the visit.</param>
/// <param name="Severity">How grave it is.</param>
/// <param name="Basis">The rule it breaks.</param>
/// <param name="Text">What is wrong.</param>
/// <param name="DueAt">End of the term of the correction.</param>
/// <param name="Correction">The last correction; absent before one.</param>
/// <param name="Accepted">Whether that does; absent before it was verified.</param>
/// <param name="Reason">Why it does not.</param>
/// <param name="Settled">Whether it no longer stands against the household.</param>
public sealed record SurveillanceFinding(
    int Number, NonconformitySeverity Severity, string Basis, string Text, DateTimeOffset DueAt, string? Correction, bool? Accepted, string? Reason, bool Settled);

/// <summary>A suspension that a visit brought about.</summary>
/// <param name="Cause">What for.</param>
/// <param name="HeldAt">Since when.</param>
/// <param name="Confirmed">The quality manager's ruling: true lets it stand, false lifted it; absent before.</param>
/// <param name="Reason">What the ruling rests on.</param>
/// <param name="RuledBy">Who ruled.</param>
public sealed record SurveillanceHold(HoldCause Cause, DateTimeOffset HeldAt, bool? Confirmed, string? Reason, PersonId? RuledBy);

/// <summary>The record of a visit.</summary>
/// <param name="VisitedAt">When.</param>
/// <param name="Place">Where.</param>
/// <param name="Reason">What was seen.</param>
/// <param name="Acknowledged">Whether the producer signed it.</param>
/// <param name="Remark">What the producer said, or why there is no signature.</param>
/// <param name="Answers">The answered checklist.</param>
/// <param name="Counts">Goods counted.</param>
/// <param name="Person">Who visited.</param>
/// <param name="RecordedAt">When it was recorded.</param>
public sealed record RecordedVisit(
    DateTimeOffset VisitedAt, string Place, string Reason, bool Acknowledged, string? Remark, IReadOnlyList<CheckAnswer> Answers, IReadOnlyList<CountedLot> Counts,
    PersonId Person, DateTimeOffset RecordedAt);

/// <summary>A surveillance visit with all that came of it.</summary>
/// <param name="Visit">The visit.</param>
/// <param name="Reasons">Why it is made; empty to the household's side before it was.</param>
/// <param name="Record">The record; absent before it.</param>
/// <param name="Findings">By number.</param>
/// <param name="Holds">Suspensions it brought about.</param>
/// <param name="Draws">How its visitors were drawn; empty to the household's side before it was made.</param>
public sealed record SurveillanceDetails(
    SurveillanceSummary Visit, IReadOnlyList<SurveillanceCause> Reasons, RecordedVisit? Record, IReadOnlyList<SurveillanceFinding> Findings,
    IReadOnlyList<SurveillanceHold> Holds, IReadOnlyList<DrawDetails> Draws);

/// <summary>GET /v1/surveillance-visits.</summary>
public static class ListSurveillanceVisits
{
    internal static void Map(RouteGroupBuilder visits) => visits.MapGet("", Handle).WithName("listSurveillanceVisits").RequiresSignIn();

    /// <summary>List surveillance visits, newest first: those drawn for you, as quality manager those of your body, or a household's.</summary>
    /// <remarks>A household's side sees announced visits and those that were made. 400 `bad-cursor`; 404 for a household you may not act for, unless
    /// you know of its visits by office.</remarks>
    /// <param name="household">Only this household's.</param>
    /// <param name="state">Only those in this state.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    public static async Task<Results<Ok<Page<SurveillanceSummary>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, IHouseholds households, Cursors cursors, CancellationToken cancel, HouseholdId? household = null,
        SurveillanceState? state = null, [Range(1, Cursors.MostItems)] int limit = 50, [TextLength(400)] string? cursor = null)
    {
        var query = $"surveillance {household} {state}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var office = actor.Roles.Contains(Role.Sampler) || actor.Roles.Contains(Role.QualityManager) || actor.Roles.Contains(Role.Auditor);
        var side = household ?? (actor.Household is { } own ? HouseholdId.From(own) : null);
        var acts = side is { } whose && (await households.ToActFor(whose, cancel)).Refusal is null;
        if (household is not null && !acts && !office)
        {
            return Problems.From(Refusal.NotFound);
        }

        var rows = await database.List<SurveillanceVisit>($"""
            select {SurveillanceVisit.Columns} from certification.surveillance v
             where ({SurveillanceVisit.ByOffice(actor)} or ({acts} and v.household = {side} and {SurveillanceVisit.KnownAtHome}))
               and ({household}::uuid is null or v.household = {household})
               and ({state}::certification.surveillance_state is null or v.state = {state}) and ({after}::uuid is null or v.id < {after})
             order by v.id desc limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, [.. rows.Select(SurveillanceSummary.Of)], limit, query, row => [row.Id.ToString()]));
    }
}

/// <summary>GET /v1/surveillance-visits/{id}.</summary>
public static class GetSurveillanceVisit
{
    internal static void Map(RouteGroupBuilder visits) => visits.MapGet("/{id:guid}", Handle).WithName("getSurveillanceVisit").RequiresSignIn();

    /// <summary>Read a surveillance visit.</summary>
    /// <remarks>For who was drawn for it, the quality manager of the body and auditors; for the household's side once it was announced or made. 404 for
    /// everybody else.</remarks>
    public static async Task<Results<Ok<SurveillanceDetails>, ProblemHttpResult>> Handle(
        Guid id, Database database, IHouseholds households, CancellationToken cancel) => Answer.Ok(await Get(id, database, households, cancel));

    internal static async Task<Outcome<SurveillanceDetails>> Get(Guid id, Database database, IHouseholds households, CancellationToken cancel)
    {
        var visit = await database.Find<SurveillanceVisit>($"""
            select {SurveillanceVisit.Columns} from certification.surveillance v where v.id = {id} and {SurveillanceVisit.ByOffice(database.Actor)}
            """, cancel);
        var byOffice = visit is not null;
        if (visit is null)
        {
            var own = await SurveillanceVisit.ForProducer(id, database, households, cancel);
            if (own.Refusal is { } stranger)
            {
                return stranger;
            }

            visit = own.Value!;
        }

        var open = byOffice || visit.State == SurveillanceState.Recorded;
        var record = await database.Find<RecordRow>($"""
            select visited_at, place, reason, acknowledged, remark, answers, person, recorded_at from certification.surveillance_visit where surveillance = {id}
            """, cancel);
        var counts = await database.List<CountRow>($"""
            select lot, counted, unit from certification.surveillance_count where surveillance = {id} order by lot
            """, cancel);
        return new SurveillanceDetails(
            SurveillanceSummary.Of(visit),
            !open ? [] : await database.List<SurveillanceCause>($"""
                select reason, points, note from certification.surveillance_cause where surveillance = {id} order by reason
                """, cancel),
            record is null ? null : new RecordedVisit(record.VisitedAt, record.Place, record.Reason, record.Acknowledged, record.Remark,
                JsonSerializer.Deserialize<List<CheckAnswer>>(record.Answers, Event.Json)!,
                [.. counts.Select(row => new CountedLot(row.Lot, new Quantity(row.Counted, row.Unit)))], record.Person, record.RecordedAt),
            await database.List<SurveillanceFinding>($"""
                select number, severity, basis, text, due_at, correction_text as correction, accepted, check_reason as reason, settled
                  from certification.surveillance_finding_now where surveillance = {id} order by number
                """, cancel),
            await database.List<SurveillanceHold>($"""
                select h.cause, h.held_at, r.confirmed, r.reason, r.person as ruled_by
                  from certification.surveillance_hold h
                  left join certification.surveillance_ruling r on r.surveillance = h.surveillance and r.cause = h.cause
                 where h.surveillance = {id} order by h.cause
                """, cancel),
            !open ? [] : [.. (await database.List<DrawRow>($"""
                select d.number, d.day, encode(c.commitment, 'hex') as commitment, d.seed, d.parts, d.drawn_at, encode(r.seed, 'hex') as day_seed
                  from certification.surveillance_draw d
                  join certification.draw_day c on c.day = d.day
                  left join certification.draw_reveal r on r.day = d.day
                 where d.surveillance = {id} order by d.number
                """, cancel)).Select(row => new DrawDetails(row.Number, row.Day, row.Commitment, row.Seed, DrawCause.Surveillance,
                    JsonSerializer.Deserialize<List<DrawnPart>>(row.Parts, Event.Json)!, row.DrawnAt, row.DaySeed))]);
    }

    private sealed record RecordRow(
        DateTimeOffset VisitedAt, string Place, string Reason, bool Acknowledged, string? Remark, string Answers, PersonId Person, DateTimeOffset RecordedAt);

    private sealed record CountRow(LotId Lot, long Counted, string Unit);

    private sealed record DrawRow(int Number, DateOnly Day, string Commitment, string Seed, string Parts, DateTimeOffset DrawnAt, string? DaySeed);
}
