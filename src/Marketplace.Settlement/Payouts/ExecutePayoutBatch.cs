using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Settlement.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>What the bank's statement says of a batch.</summary>
/// <param name="BankReference">The bank's reference of the statement line; 1 to 70 characters, each is recorded once.</param>
/// <param name="ExecutedOn">The day on the statement; not in the future.</param>
public sealed record PayoutBatchExecution([TextLength(70, MinimumLength = 1)] string BankReference, DateOnly ExecutedOn);

/// <summary>POST /v1/payout-batches/{id}/execution.</summary>
public static class ExecutePayoutBatch
{
    internal static void Map(RouteGroupBuilder batches) =>
        batches.MapPost("/{id}/execution", Handle).WithName("executePayoutBatch").InPersonOnly().Requires(Role.PayoutOfficer, Role.PayoutApprover).Moves();

    /// <summary>Record that the bank carried a batch out.</summary>
    /// <remarks>Once per batch. 409 `wrong-stage` unless it is approved; 409 `changed-meanwhile` when another execution won;
    /// 409 `execution-known` for a bank reference of another batch; 400 `in-future`; 404 `not-found` for a batch of others.</remarks>
    public static async Task<Results<Ok<PayoutBatchDetails>, ProblemHttpResult>> Handle(
        PayoutBatchId id, PayoutBatchExecution execution, Database database, IOrders orders, IHouseholds households, INotices notices, TimeProvider time,
        CancellationToken cancel) => Answer.Ok(await Execute(id, execution, database, orders, households, notices, time, cancel));

    internal static async Task<Outcome<PayoutBatchDetails>> Execute(
        PayoutBatchId id, PayoutBatchExecution execution, Database database, IOrders orders, IHouseholds households, INotices notices, TimeProvider time,
        CancellationToken cancel)
    {
        if (execution.ExecutedOn > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1))
        {
            return Refusal.Invalid("#/executedOn", "in-future", "A batch cannot have been executed in the future.");
        }

        if (await PayoutBatch.Find(id, database, cancel) is not { } batch)
        {
            return Refusal.NotFound;
        }

        if (PayoutBatch.Next(batch.Stage, PayoutBatchStep.Execute) is not { } next)
        {
            return SettlementRefusals.WrongStage;
        }

        var moved = await database.Execute($"""
            with moved as (
                update settlement.payout_batch
                   set stage = {next}, bank_reference = {execution.BankReference}, executed_on = {execution.ExecutedOn},
                       executed_by = {database.Actor.Person}, version = version + 1
                 where id = {id} and version = {batch.Version} returning id)
            select kernel.append(id, {nameof(PayoutBatchExecuted)}, {Event.Text(new PayoutBatchExecuted(id, execution.ExecutedOn))}) from moved
            """, cancel);
        if (moved != 1)
        {
            return Refusal.ChangedMeanwhile;
        }

        var paid = await BatchPayouts.Move(id, PayoutStage.Executed, database, cancel);
        var posted = await Transfer.Of(batch.OrganisationId, "bank_execution", id.Value,
        [
            Posting.Of(batch.OrganisationId, Purpose.PayoutInTransit, batch.Money),
            Posting.Of(batch.OrganisationId, Purpose.BankClearing, batch.Money with { Minor = -batch.Total }),
        ]).Post(database, cancel);
        if (posted is not null)
        {
            return posted;
        }

        await PaidHouseholds.Tell("bank", paid, database, orders, households, notices, cancel);
        return (await PayoutBatch.Find(id, database, cancel))!.Details();
    }
}

/// <summary>What follows when households have their money: the events, the messages, the order.</summary>
internal static class PaidHouseholds
{
    public static async Task Tell(
        string method, IReadOnlyList<Payout> paid, Database database, IOrders orders, IHouseholds households, INotices notices, CancellationToken cancel)
    {
        var parts = await database.List<PaidPart>($"""
            select o.id, o.household_id, p.lot_id, o.order_id, p.quantity, l.unit, p.net, o.currency
              from settlement.payout o
              join settlement.invoice_part p on p.invoice_id = o.invoice_id and p.household_id = o.household_id
              join settlement.invoice_line l on l.invoice_id = p.invoice_id and l.ordinal = p.line
             where o.id = any({paid.Select(payout => payout.Id.Value).ToArray()}) order by o.id, p.promise_id
            """, cancel);
        await database.Execute($"""
            select kernel.append(stream, {nameof(HouseholdPaid)}, payload)
              from unnest({parts.Select(part => part.Id.Value).ToArray()}, {parts.Select(part => Event.Text(part.Event())).ToArray()})
                   with ordinality as t (stream, payload, at) order by at
            """, cancel);
        var cards = await households.Of([.. paid.Select(payout => payout.HouseholdId).Distinct()], cancel);
        await notices.Send(
            [.. paid.Where(payout => cards.ContainsKey(payout.HouseholdId)).Select(payout => new Notice(
                "paid", new Dictionary<string, string> { ["amount"] = payout.Money.ToString(), ["method"] = method }, cards[payout.HouseholdId].Head))], cancel);
        await OrderProgress.PaidOut([.. paid.Select(payout => payout.OrderId).Distinct()], database, orders, cancel);
    }

    private sealed record PaidPart(
        PayoutId Id, HouseholdId HouseholdId, LotId LotId, PurchaseOrderId OrderId, long Quantity, string Unit, long Net, string Currency)
    {
        public HouseholdPaid Event() => new(Id, HouseholdId, LotId, OrderId, new Quantity(Quantity, Unit), new Money(Net, Currency));
    }
}
