using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Orders.Allocations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Orders.Promises;

/// <summary>Ends promises nobody answered in time, asks others, and makes orders firm at their cut-off; once each, on whichever instance comes first.</summary>
internal sealed class PromiseDeadlines(IServiceScopeFactory scopes, ILogger<PromiseDeadlines> log) : BackgroundService
{
    /// <summary>One look at everything that is due; the number of orders worked on.</summary>
    internal async Task<int> Pass(CancellationToken cancel)
    {
        var worked = 0;
        foreach (var tenant in await Tenants.All(scopes, cancel))
        {
            await using var look = Tenants.Scope(scopes, tenant);
            var due = await look.ServiceProvider.GetRequiredService<Database>().List<DueOrder>($"""
                select distinct o.id from orders.purchase_order o left join orders.promise p on p.order_id = o.id and p.stage = 'offered'
                 where o.stage = 'confirming' and (p.answer_by <= kernel.now() or o.confirm_by <= kernel.now())
                """, cancel);
            foreach (var order in due)
            {
                try
                {
                    worked += await End(tenant, order.Id, cancel) ? 1 : 0;
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // One order that cannot be planned must not keep the others from their deadlines.
                    log.LogError(failure, "Order {Order} could not be moved on", order.Id);
                }
            }
        }

        return worked;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(5), Pass, log, stoppingToken);

    private async Task<bool> End(string tenant, PurchaseOrderId order, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        if (await database.Find<DueOrder>($"""
            select id from orders.purchase_order where id = {order} and stage = 'confirming' for update skip locked
            """, cancel) is null)
        {
            return false;
        }

        var silent = await database.List<SilentPromise>($"""
            update orders.promise set stage = 'silent', confirmed = 0, answered_at = kernel.now()
             where order_id = {order} and stage = 'offered' and answer_by <= kernel.now()
            returning id, lot_id as lot, household_id as household, offered, unit, price_ten_thousandths as price, currency, per
            """, cancel);
        if (silent.Count > 0)
        {
            var parts = LotParts.Of(silent.Select(promise => (promise.Lot, promise.Offered)));
            if (await scope.ServiceProvider.GetRequiredService<ILotAccounts>().Release(order.Value, parts, cancel) is { } refusal)
            {
                throw new InvalidOperationException($"Promises of order {order} cannot be released: {refusal.Code}.");
            }

            await database.Execute($"""
                select kernel.append(id, {nameof(PromiseAnswered)}, payload)
                  from unnest({silent.Select(promise => promise.Id).ToArray()}, {silent.Select(promise => Event.Text(promise.Answered(order))).ToArray()})
                       as one (id, payload)
                """, cancel);
        }

        await scope.ServiceProvider.GetRequiredService<AllocateOrder>().Round(order, cancel);
        await database.Commit(cancel);
        return true;
    }

    private sealed record DueOrder(PurchaseOrderId Id);

    private sealed record SilentPromise(
        PromiseId Id, LotId Lot, HouseholdId Household, long Offered, string Unit, long Price, string Currency, string Per)
    {
        public PromiseAnswered Answered(PurchaseOrderId order) =>
            new(Id, order, Lot, Household, new Quantity(0, Unit), new UnitPrice(Price, Currency, Per));
    }
}
