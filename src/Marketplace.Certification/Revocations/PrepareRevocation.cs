using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>Certificates to be withdrawn at once.</summary>
/// <param name="Query">Which.</param>
/// <param name="Reason">Why; 3 to 2000 characters, told to every household.</param>
public sealed record RevocationDraft(RevocationQuery Query, [TextLength(2000, MinimumLength = 3)] string Reason);

/// <summary>POST /v1/revocations.</summary>
public static class PrepareRevocation
{
    internal static void Map(RouteGroupBuilder revocations) => revocations.MapPost("", Handle).WithName("prepareRevocation")
        .Requires(stepUp: true, Role.QualityManager, Role.DecisionMaker).Moves();

    /// <summary>Preview what a query would withdraw; a second person confirms it.</summary>
    /// <remarks>Nothing changes yet. 400 `query-empty`; 409 `nothing-found`.</remarks>
    public static async Task<Results<Created<RevocationDetails>, ProblemHttpResult>> Handle(RevocationDraft draft, Database database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return Answer.Created(await Prepare(draft, database, cancel), made => $"/v1/revocations/{made.Id}");
    }

    internal static async Task<Outcome<RevocationDetails>> Prepare(RevocationDraft draft, Database database, CancellationToken cancel)
    {
        if (draft.Query.IsEmpty)
        {
            return Refusal.Invalid("#/query", "query-empty", "Say which certificates; an empty query would withdraw all of them.");
        }

        if (database.Actor.Organisation is not { } body)
        {
            return Refusal.NotFound;
        }

        var issuer = OrganisationId.From(body);
        var id = Guid.CreateVersion7();
        var made = await database.Execute($"""
            with found as materialized (select c.id, c.version, c.lot, c.household, c.amount, c.unit {draft.Query.Found(issuer)}),
            counted as (
                select count(*) as certificates, count(distinct household) as households,
                       coalesce(sum(amount) filter (where unit = 'GRM'), 0)::bigint as grams,
                       coalesce(sum(amount) filter (where unit = 'MLT'), 0)::bigint as millilitres,
                       coalesce(sum(amount) filter (where unit = 'H87'), 0)::bigint as pieces
                  from found),
            concerned as (
                select count(distinct p.order_id) as orders from orders.public_promise p join found f on f.lot = p.lot_id
                 where p.stage in ('offered', 'confirmed', 'tendered')),
            prepared as (
                insert into certification.revocation (id, issuer, query, reason, certificates, grams, millilitres, pieces, households, orders, snapshot)
                select {id}, {issuer}, {Event.Text(draft.Query)}, {draft.Reason}, certificates, grams, millilitres, pieces, households, orders,
                       {Revocation.Hash(Sql.Of($"found"))}
                  from counted, concerned where certificates > 0
                returning id)
            select kernel.append(id, {nameof(RevocationPrepared)}, {Event.Text(new RevocationPrepared(id))}) from prepared
            """, cancel);
        return made == 1
            ? (await Revocation.Find(id, database, cancel))!.Details
            : new Refusal("nothing-found", "No active or suspended certificate meets this query.");
    }
}

internal sealed record RevocationPrepared(Guid Revocation);

internal sealed record RevocationConfirmed(Guid Revocation, long Certificates);
