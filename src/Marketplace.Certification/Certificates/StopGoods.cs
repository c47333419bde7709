using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>
/// Takes the goods of certificates that are no longer good off the market, in the transaction that says so: the lots are held, reservations and
/// promises end, what is on its way is flagged, buyers are told.
/// </summary>
public sealed class StopGoods(Database database, ILotAccounts accounts, IReservations reservations, IOrders orders) : IStoppedGoods
{
    // Each turn ends what was claimed before it; only a claim of the very moment needs another. The hold stands whatever happens.
    private const int MostTurns = 5;

    // One statement stays well below the time a statement may take.
    private const int AtOnce = 2_500;

    /// <inheritdoc/>
    public async Task<Refusal?> Stop(IReadOnlyList<LotId> lots, string reason, CancellationToken cancel)
    {
        for (var turn = 1; ; turn++)
        {
            await database.Execute($"savepoint stopping", cancel);

            // Claims before accounts, as everybody locks them. With the accounts held nobody can claim more: what came in between is ended without waiting.
            List<FreedPart> freed = [.. await orders.EndPromises(lots, wait: true, cancel), .. await reservations.EndParts(lots, wait: true, cancel)];
            foreach (var some in lots.OrderBy(lot => lot.Value).Chunk(AtOnce))
            {
                if (await accounts.Hold(some, reason, cancel) is { } refused)
                {
                    return refused;
                }
            }

            freed.AddRange(await orders.EndPromises(lots, wait: false, cancel));
            freed.AddRange(await reservations.EndParts(lots, wait: false, cancel));
            await accounts.Free(freed, cancel);
            var left = await database.Value<bool>($"""
                select exists (select from supply.public_lot_account where lot_id = any ({lots.ToArray()}) and reserved + promised > 0)
                """, cancel);
            if (!left || turn == MostTurns)
            {
                return null;
            }

            // Somebody is answering at this moment and waits for the account: let them finish, then take it again.
            await database.Execute($"rollback to savepoint stopping", cancel);
        }
    }

    /// <inheritdoc/>
    public async Task<Refusal?> Resume(IReadOnlyList<LotId> lots, CancellationToken cancel)
    {
        if (await accounts.Lift(lots, cancel) is { } refused)
        {
            return refused;
        }

        await orders.Clear(lots, cancel);
        return null;
    }
}
