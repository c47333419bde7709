using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>Money due to one household from one invoice.</summary>
/// <param name="Id">The payout.</param>
/// <param name="Household">Whose.</param>
/// <param name="Invoice">From which invoice.</param>
/// <param name="Order">From which order.</param>
/// <param name="Amount">Net of the applicant's fee.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Batch">Its batch, when it goes by bank.</param>
public sealed record PayoutDetails(
    PayoutId Id, HouseholdId Household, InvoiceId Invoice, PurchaseOrderId Order, Money Amount, PayoutStage Stage, PayoutBatchId? Batch);

/// <summary>GET /v1/payouts.</summary>
public static class ListPayouts
{
    internal static void Map(RouteGroupBuilder payouts) => payouts.MapGet("", Handle).WithName("listPayouts")
        .Requires(Role.PayoutOfficer, Role.PayoutApprover, Role.CollectionOperator, Role.CooperativeManager);

    /// <summary>List your organisation's payouts.</summary>
    /// <remarks>In id order. 400 `bad-cursor`.</remarks>
    /// <param name="stage">Only those at this stage; <c>open</c> are the ones to pay by bank or in cash.</param>
    /// <param name="invoice">Only those of this invoice.</param>
    /// <param name="limit">At most this many; 1 to 200, default 50.</param>
    /// <param name="cursor">Where the last page ended.</param>
    public static async Task<Results<Ok<Page<PayoutDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, string? stage = null, InvoiceId? invoice = null,
        [Range(1, Cursors.MostItems)] int limit = 50, string? cursor = null)
    {
        PayoutStage? only = null;
        if (stage is not null)
        {
            if (Stages.GetValueOrDefault(stage) is not { } known)
            {
                return Problems.From(Refusal.Invalid("#/query/stage", "unknown-stage", "There is no such stage of a payout."));
            }

            only = known;
        }

        var query = $"payouts {stage} {invoice}";
        Guid? after = null;
        if (cursor is not null)
        {
            if (cursors.Read(query, cursor) is not [var last])
            {
                return Problems.From(Cursors.Bad);
            }

            after = Guid.Parse(last);
        }

        var filter = only is { } wanted ? Sql.Of($"and stage = {wanted}") : Sql.Of($"");
        var rows = await database.List<Row>($"""
            select id, household_id, invoice_id, order_id, amount, currency, stage, batch_id from settlement.payout
             where organisation_id = {database.Actor.Organisation} {filter} and ({invoice} is null or invoice_id = {invoice})
               and ({after} is null or id > {after})
             order by id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, [.. rows.Select(row => row.Details())], limit, query, payout => [payout.Id.Value.ToString()]));
    }

    internal static async Task<Outcome<PayoutDetails>> Read(PayoutId id, Database database, CancellationToken cancel) =>
        await database.Find<Row>($"""
            select id, household_id, invoice_id, order_id, amount, currency, stage, batch_id from settlement.payout
             where id = {id} and organisation_id = {database.Actor.Organisation}
            """, cancel) is { } row ? row.Details() : Refusal.NotFound;

    private static readonly Dictionary<string, PayoutStage?> Stages = new(StringComparer.Ordinal)
    {
        ["open"] = PayoutStage.Open, ["batched"] = PayoutStage.Batched, ["approved"] = PayoutStage.Approved, ["executed"] = PayoutStage.Executed,
        ["cash_handed"] = PayoutStage.CashHanded, ["cash"] = PayoutStage.Cash,
    };

    private sealed record Row(
        PayoutId Id, HouseholdId HouseholdId, InvoiceId InvoiceId, PurchaseOrderId OrderId, long Amount, string Currency, PayoutStage Stage,
        PayoutBatchId? BatchId)
    {
        public PayoutDetails Details() => new(Id, HouseholdId, InvoiceId, OrderId, new Money(Amount, Currency), Stage, BatchId);
    }
}
