using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Supply.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Supply.Reservations;

/// <summary>Gives a reservation back before its time.</summary>
public static class ReleaseReservation
{
    internal static void Map(RouteGroupBuilder reservations) =>
        reservations.MapPost("/{id:guid}/release", Handle).WithName("releaseReservation").Requires(Role.RetailBuyer).Moves();

    /// <summary>Give a reservation back.</summary>
    /// <remarks>404 when it is another buyer's; 409 <c>wrong-stage</c> when it is not open any more.</remarks>
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(Guid id, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        var known = await database.Value<bool>($"""
            select exists (select from supply.reservation where id = {id} and organisation_id = {database.Actor.Organisation})
            """, cancel);
        if (!known)
        {
            return Problems.From(Refusal.NotFound);
        }

        return Answer.NoContent(await End(id, ReservationState.Released, database, accounts, cancel) is null
            ? new Refusal("wrong-stage", "This reservation is not open any more.")
            : null);
    }

    /// <summary>Ends an open reservation and gives its quantity back; null when it was not open, so that exactly one of two rivals releases.</summary>
    internal static async Task<IReadOnlyList<LotPart>?> End(
        Guid id, ReservationState state, Database database, ILotAccounts accounts, CancellationToken cancel)
    {
        if (await database.Value<Guid?>($"""
            update supply.reservation set state = {state} where id = {id} and state = {ReservationState.Open} returning organisation_id
            """, cancel) is not { } buyer)
        {
            return null;
        }

        // Lots before the buyer's counter, as reserving does: the other order could deadlock with it.
        var parts = await database.List<LotPart>($"""
            select lot_id as lot, amount from supply.reservation_part where reservation_id = {id} and released_at is null
            """, cancel);
        if (parts.Count > 0 && await accounts.Release(id, parts, cancel) is { } refusal)
        {
            throw new InvalidOperationException($"Reservation {id} cannot be released: {refusal.Code}.");
        }

        await database.Execute($"update supply.buyer_hold set open = open - 1 where organisation_id = {buyer} and tenant_id = kernel.tenant()", cancel);
        return parts;
    }
}

/// <summary>Hands reservations over to orders.</summary>
internal sealed class ReservationCalls(Database database, ILotAccounts accounts, INotices notices) : IReservations
{
    public async Task<Outcome<IReadOnlyList<LotPart>>> TakeOver(Guid reservation, OrganisationId buyer, CancellationToken cancel)
    {
        var own = await database.Value<bool>($"""
            select exists (select from supply.reservation where id = {reservation} and organisation_id = {buyer})
            """, cancel);
        return own && await ReleaseReservation.End(reservation, ReservationState.Ordered, database, accounts, cancel) is { } parts
            ? Outcome<IReadOnlyList<LotPart>>.Of(parts)
            : Refusal.NotFound;
    }

    public async Task<IReadOnlyList<FreedPart>> EndParts(IReadOnlyList<LotId> lots, bool wait, CancellationToken cancel)
    {
        // The reservation's row before the lot's account, as everywhere: the other order could deadlock with a release.
        var ended = await database.List<EndedPart>($"""
            with open as (
                select r.id, r.reserved_by from supply.reservation r
                 where r.state = {ReservationState.Open}
                   and r.id in (select reservation_id from supply.reservation_part where lot_id = any ({lots.ToArray()}) and released_at is null)
                 order by r.id for update of r {(wait ? Sql.Of($"") : Sql.Of($"skip locked"))}),
            ended as (
                update supply.reservation_part p set released_at = kernel.now() from open
                 where p.reservation_id = open.id and p.lot_id = any ({lots.ToArray()}) and p.released_at is null
                returning p.reservation_id, p.lot_id, p.amount, open.reserved_by)
            select e.reservation_id as reservation, e.lot_id as lot, e.amount, e.reserved_by as buyer, l.product_code as product, l.step as unit
              from ended e join supply.lot l on l.id = e.lot_id
            """, cancel);
        await notices.Send([.. ended.GroupBy(part => part.Reservation).Select(reservation => new Notice("reservation-stopped", new Dictionary<string, string>
        {
            ["product"] = string.Join(", ", reservation.Select(part => part.Product.Value).Distinct()),
            ["quantity"] = new Quantity(reservation.Where(part => part.Unit == reservation.First().Unit).Sum(part => part.Amount), reservation.First().Unit).ToString(),
        }, reservation.First().Buyer))], cancel);
        return [.. ended.Select(part => new FreedPart(part.Reservation, part.Lot, part.Amount, 0))];
    }

    private sealed record EndedPart(Guid Reservation, LotId Lot, long Amount, PersonId Buyer, ProductCode Product, string Unit);
}

/// <summary>Ends reservations whose time ran out, once each, on whichever instance comes first.</summary>
internal sealed class ReservationExpiry(IServiceScopeFactory scopes, ILogger<ReservationExpiry> log) : BackgroundService
{
    private sealed record Due(Guid Id);

    internal Task<int> Pass(CancellationToken cancel) => Rounds.WhileAny(scopes, EndOne, cancel);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    private async Task<bool> EndOne(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var due = await database.Find<Due>($"""
            select id from supply.reservation where state = {ReservationState.Open} and expires_at <= kernel.now() order by expires_at limit 1
               for update skip locked
            """, cancel);
        if (due is null)
        {
            return false;
        }

        await ReleaseReservation.End(due.Id, ReservationState.Expired, database, scope.ServiceProvider.GetRequiredService<ILotAccounts>(), cancel);
        await database.Commit(cancel);
        return true;
    }
}
