using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Supply.Lots;

namespace Marketplace.Supply.Accounts;

/// <summary>
/// The quantity account. Each method is one statement: it locks the accounts in id order, looks whether all of them can move, moves all or
/// none, and writes the moves.
/// </summary>
internal sealed class LotAccounts(Database database) : ILotAccounts
{
    public async Task<Refusal?> PutUnderCertification(LotId lot, CertificationApplicationId application, CancellationToken cancel)
    {
        var written = await database.Execute($"""
            update supply.lot set state = {LotState.UnderCertification}, application_id = {application}, version = version + 1
             where id = {lot} and state = any ({Lot.From(LotStep.PutUnderCertification)})
            """, cancel);
        return written == 1 ? null : new Refusal("lot-busy", "This lot is under certification, certified or closed already.");
    }

    public async Task<Refusal?> TakeFromCertification(LotId lot, CancellationToken cancel)
    {
        var written = await database.Execute($"""
            update supply.lot set state = {LotState.Declared}, application_id = null, version = version + 1
             where id = {lot} and state = any ({Lot.From(LotStep.TakeFromCertification)})
            """, cancel);
        return written == 1 ? null : new Refusal("wrong-stage", "This lot is not under certification.");
    }

    public Task Count(Guid cause, LotId lot, long counted, CancellationToken cancel) => database.Execute($"""
        with before as (select lot_id, ceiling from supply.lot_account where lot_id = {lot} and certified = 0 and ceiling > {counted} for no key update),
        moved as (
            update supply.lot_account a set ceiling = {counted} from before where a.lot_id = before.lot_id returning a.lot_id, a.ceiling - before.ceiling as change)
        insert into supply.lot_move (lot_id, kind, cause, ceiling) select lot_id, {LotMoveKind.Count}, {cause}, change from moved
        """, cancel);

    public async Task<Refusal?> Credit(CertificateId certificate, IReadOnlyList<LotPart> parts, DateTimeOffset sellableUntil, CancellationToken cancel)
    {
        var credited = await database.Execute($"""
            with wanted as ({Wanted(parts)}),
            lots as (
                update supply.lot l set state = {LotState.Certified}, version = version + 1 from wanted w
                 where l.id = w.lot_id and l.state = any ({Lot.From(LotStep.Certify)}) returning l.id),
            credited as (
                update supply.lot_account a set certified = a.certified + w.amount, sellable_until = {sellableUntil}
                  from wanted w where a.lot_id = w.lot_id and w.lot_id in (select id from lots)
                returning a.lot_id, w.amount),
            links as (insert into supply.lot_certificate (lot_id, certificate_id, credited) select lot_id, {certificate}, amount from credited)
            insert into supply.lot_move (lot_id, kind, cause, certified) select lot_id, {LotMoveKind.Credit}, {certificate}, amount from credited
            """, cancel);
        return credited == parts.Count ? null : new Refusal("wrong-stage", "A lot of this certificate is not under certification.");
    }

    public async Task<Refusal?> Recredit(
        CertificateId replaced, CertificateId successor, LotPart part, DateTimeOffset sellableUntil, CancellationToken cancel)
    {
        // What was missing at the scale left the account before: the smaller of the two figures is what is certified now.
        var moved = await database.Execute($"""
            with before as (select lot_id, certified from supply.lot_account where lot_id = {part.Lot} for no key update),
            moved as (
                update supply.lot_account a set certified = least(before.certified, {part.Amount}), sellable_until = {sellableUntil}
                  from before where a.lot_id = before.lot_id and a.reserved + a.promised + a.delivered <= least(before.certified, {part.Amount})
                returning a.lot_id, a.certified - before.certified as change),
            links as (
                insert into supply.lot_certificate (lot_id, certificate_id, credited, replaces) select lot_id, {successor}, {part.Amount}, {replaced} from moved)
            insert into supply.lot_move (lot_id, kind, cause, certified) select lot_id, {LotMoveKind.Recredit}, {successor}, change from moved
            """, cancel);
        return moved == 1 ? null : new Refusal("sold-already", "More than that is reserved, promised or delivered.");
    }

    public async Task<Refusal?> Hold(IReadOnlyList<LotId> lots, string reason, CancellationToken cancel)
    {
        await database.Execute($"""
            with locked as (select lot_id from supply.lot_account where lot_id = any ({lots.ToArray()}) order by lot_id for no key update),
            held as (update supply.lot_account a set hold_count = hold_count + 1 from locked where a.lot_id = locked.lot_id returning a.lot_id),
            moves as (insert into supply.lot_move (lot_id, kind, cause) select lot_id, {LotMoveKind.Hold}, lot_id from held)
            select kernel.append(lot_id, {nameof(LotHeld)}, json_build_object('lot', lot_id, 'reason', {reason}::text)::text) from held
            """, cancel);
        return null;
    }

    public async Task<Refusal?> Lift(IReadOnlyList<LotId> lots, CancellationToken cancel)
    {
        var lifted = await database.Execute($"""
            with locked as (
                select lot_id from supply.lot_account where lot_id = any ({lots.ToArray()}) and hold_count > 0 order by lot_id for no key update),
            lifted as (update supply.lot_account a set hold_count = hold_count - 1 from locked where a.lot_id = locked.lot_id returning a.lot_id),
            moves as (insert into supply.lot_move (lot_id, kind, cause) select lot_id, {LotMoveKind.Lift}, lot_id from lifted)
            select kernel.append(lot_id, {nameof(LotLifted)}, json_build_object('lot', lot_id)::text) from lifted
            """, cancel);
        return lifted == lots.Count ? null : new Refusal("not-held", "A lot is not held.");
    }

    public async Task<Refusal?> Reserve(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel) =>
        await database.Execute(ReserveAll(cause, parts, Sql.Of($"")), cancel) == parts.Count ? null : NotAvailable;

    /// <summary>The refusal of a reservation that cannot be held whole.</summary>
    internal static readonly Refusal NotAvailable = new("not-available", "Not all of this is available any more.");

    /// <summary>
    /// The statement that reserves: all parts or none, only certified, live and unheld quantity. Ends in the moves; a caller's own insert
    /// may come first and ride along, so that a buyer's reservation is one round trip.
    /// </summary>
    /// <param name="cause">What it is for.</param>
    /// <param name="parts">What; a lot at most once.</param>
    /// <param name="alongside">Further CTEs, each ending in a comma, that may read <c>moved</c>.</param>
    internal static Sql ReserveAll(Guid cause, IReadOnlyList<LotPart> parts, Sql alongside) => Sql.Of($"""
        with wanted as ({Wanted(parts)}),
        locked as (
            select a.lot_id, w.amount,
                   a.hold_count = 0 and a.sellable_until > (select kernel.now()) and a.reserved + a.promised + a.delivered + w.amount <= a.certified as can
              from supply.lot_account a join wanted w on w.lot_id = a.lot_id order by a.lot_id for no key update of a),
        moved as (
            update supply.lot_account a set reserved = a.reserved + l.amount from locked l
             where a.lot_id = l.lot_id and (select count(*) filter (where can) from locked) = {parts.Count}
            returning a.lot_id, l.amount),
        {alongside}
        moves as (
            insert into supply.lot_move (lot_id, kind, cause, reserved) select lot_id, {LotMoveKind.Reserve}, {cause}, amount from moved returning 1)
        select 1 from moves
        """);

    public Task<Refusal?> Release(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel) =>
        Shift(cause, parts, LotMoveKind.Release, reserved: -1, promised: 0, leaving: false, cancel);

    public Task<Refusal?> Promise(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel) =>
        Shift(cause, parts, LotMoveKind.Promise, reserved: -1, promised: 1, leaving: true, cancel);

    public Task<Refusal?> Unpromise(Guid cause, IReadOnlyList<LotPart> parts, CancellationToken cancel) =>
        Shift(cause, parts, LotMoveKind.Unpromise, reserved: 0, promised: -1, leaving: false, cancel);

    public Task Free(IReadOnlyList<FreedPart> parts, CancellationToken cancel) => parts.Count == 0 ? Task.CompletedTask : database.Execute($"""
        with freed as (
            select * from unnest({parts.Select(part => part.Cause).ToArray()}, {parts.Select(part => part.Lot).ToArray()},
                   {parts.Select(part => part.Reserved).ToArray()}, {parts.Select(part => part.Promised).ToArray()})
                   as one (cause, lot_id, reserved, promised)),
        lots as (select lot_id, sum(reserved)::bigint as reserved, sum(promised)::bigint as promised from freed group by lot_id),
        moved as (
            update supply.lot_account a set reserved = a.reserved - l.reserved, promised = a.promised - l.promised from lots l where a.lot_id = l.lot_id
            returning a.lot_id)
        insert into supply.lot_move (lot_id, kind, cause, reserved, promised)
        select lot_id, (case when reserved > 0 then 'release' else 'unpromise' end)::supply.move_kind, cause, -reserved, -promised
          from freed join moved using (lot_id)
        """, cancel);

    public async Task<Refusal?> Tender(Guid cause, LotId lot, long promised, long weighed, CancellationToken cancel)
    {
        // More than promised is handed back at the scale; less is missing, and what is missing was never there.
        var delivered = Math.Min(promised, weighed);
        var missing = promised - delivered;
        var written = await database.Execute($"""
            with moved as (
                update supply.lot_account
                   set promised = promised - {promised}, delivered = delivered + {delivered}, certified = certified - {missing}, ceiling = ceiling - {missing}
                 where lot_id = {lot} and hold_count = 0 and sellable_until > kernel.now() and promised >= {promised}
                returning lot_id)
            insert into supply.lot_move (lot_id, kind, cause, promised, delivered, certified, ceiling)
            select lot_id, {LotMoveKind.Tender}, {cause}, {-promised}, {delivered}, {-missing}, {-missing} from moved
            """, cancel);
        if (written == 1)
        {
            return null;
        }

        return await Leaving([lot], cancel) ?? new Refusal("not-promised", "Less of this lot is promised.");
    }

    public async Task<Refusal?> Leaving(IReadOnlyList<LotId> lots, CancellationToken cancel)
    {
        // Share locks: a hold waits for whoever is sending the goods off, and who sends them off waits for a hold.
        var state = await database.Find<Leavers>($"""
            select count(*) filter (where hold_count > 0) as held, count(*) filter (where sellable_until is null or sellable_until <= kernel.now()) as ended
              from (select hold_count, sellable_until from supply.lot_account where lot_id = any ({lots.ToArray()}) order by lot_id for share) a
            """, cancel);
        return state switch
        {
            { Held: > 0 } => new Refusal("lot-held", "This lot is held; nothing may leave it."),
            { Ended: > 0 } => new Refusal("certificate-not-live", "A lot has no live certificate now."),
            _ => null,
        };
    }

    private sealed record Leavers(long Held, long Ended);

    private async Task<Refusal?> Shift(
        Guid cause, IReadOnlyList<LotPart> parts, LotMoveKind kind, int reserved, int promised, bool leaving, CancellationToken cancel)
    {
        var shifted = await database.Execute($"""
            with wanted as ({Wanted(parts)}),
            locked as (
                select a.lot_id, w.amount * {reserved} as reserved, w.amount * {promised} as promised,
                       a.reserved + w.amount * {reserved} >= 0 and a.promised + w.amount * {promised} >= 0
                           and (not {leaving} or (a.hold_count = 0 and a.sellable_until > (select kernel.now()))) as can
                  from supply.lot_account a join wanted w on w.lot_id = a.lot_id order by a.lot_id for no key update of a),
            moved as (
                update supply.lot_account a set reserved = a.reserved + l.reserved, promised = a.promised + l.promised from locked l
                 where a.lot_id = l.lot_id and (select count(*) filter (where can) from locked) = {parts.Count}
                returning a.lot_id, l.reserved, l.promised)
            insert into supply.lot_move (lot_id, kind, cause, reserved, promised) select lot_id, {kind}, {cause}, reserved, promised from moved
            """, cancel);
        if (shifted == parts.Count)
        {
            return null;
        }

        return leaving && await Leaving([.. parts.Select(part => part.Lot)], cancel) is { } stopped
            ? stopped
            : new Refusal("not-held-that-much", "Less of a lot is reserved or promised.");
    }

    /// <summary>The wanted parts as rows. Amounts below one and a lot named twice are the caller's bugs.</summary>
    private static Sql Wanted(IReadOnlyList<LotPart> parts)
    {
        if (parts.Count == 0 || parts.Any(part => part.Amount < 1) || parts.DistinctBy(part => part.Lot).Count() != parts.Count)
        {
            throw new ArgumentException("Each lot once, with one step or more.", nameof(parts));
        }

        return Sql.Of($"""
            select * from unnest({parts.Select(part => part.Lot).ToArray()}, {parts.Select(part => part.Amount).ToArray()}) as w (lot_id, amount)
            """);
    }
}
