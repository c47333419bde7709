using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Payouts;

/// <summary>Which payouts to put into a batch.</summary>
/// <param name="Invoice">Only those of this invoice; without it every open payout of the organisation, in the currency of the oldest.</param>
public sealed record PayoutBatchToPrepare(InvoiceId? Invoice = null);

/// <summary>POST /v1/payout-batches.</summary>
public static class PreparePayoutBatch
{
    /// <summary>One file a bank accepts.</summary>
    internal const int MostPayouts = 5_000;

    internal static void Map(RouteGroupBuilder batches) =>
        batches.MapPost("", Handle).WithName("preparePayoutBatch").InPersonOnly().Requires(Role.PayoutOfficer).Moves();

    /// <summary>Prepare a batch of payouts.</summary>
    /// <remarks>Takes up to 5,000 open payouts whose household has a usable account; the others stay open for cash and are listed.
    /// 404 `not-found` for an invoice of others; 409 `nothing-to-pay`; 409 `no-usable-account` when no household has one.</remarks>
    public static async Task<Results<Created<PayoutBatchDetails>, ProblemHttpResult>> Handle(
        PayoutBatchToPrepare batch, Database database, IHouseholds households, Secrets secrets, TimeProvider time, CancellationToken cancel) =>
        Answer.Created(await Prepare(batch, database, households, secrets, time, cancel), prepared => $"/v1/payout-batches/{prepared.Id}");

    internal static async Task<Outcome<PayoutBatchDetails>> Prepare(
        PayoutBatchToPrepare wanted, Database database, IHouseholds households, Secrets secrets, TimeProvider time, CancellationToken cancel)
    {
        if (wanted.Invoice is { } invoice && await database.Value<bool?>($"""
            select true from settlement.invoice where id = {invoice} and seller_id = {database.Actor.Organisation}
            """, cancel) is null)
        {
            return Refusal.NotFound;
        }

        // Locked in id order: of two batches prepared at once, the second sees what the first took.
        var open = await database.List<Payout>($"""
            select id, organisation_id, invoice_id, order_id, household_id, amount, currency, stage, version
              from settlement.payout
             where organisation_id = {database.Actor.Organisation} and stage = 'open' and ({wanted.Invoice} is null or invoice_id = {wanted.Invoice})
             order by id limit {MostPayouts} for update
            """, cancel);
        if (open.Count == 0)
        {
            return new Refusal("nothing-to-pay", "There is no open payout here.");
        }

        open.RemoveAll(payout => payout.Currency != open[0].Currency);
        var accounts = await households.PayoutAccounts([.. open.Select(payout => payout.HouseholdId).Distinct()], cancel);
        var now = time.GetUtcNow();
        var (usable, left) = (new List<Payout>(), new List<PayoutLeftForCash>());
        foreach (var payout in open)
        {
            if (accounts.GetValueOrDefault(payout.HouseholdId) is not { } account)
            {
                left.Add(new PayoutLeftForCash(payout.Id, payout.HouseholdId, payout.Money, "no-account"));
            }
            else if (account.UsableFrom > now)
            {
                left.Add(new PayoutLeftForCash(payout.Id, payout.HouseholdId, payout.Money, "account-too-new"));
            }
            else
            {
                usable.Add(payout);
            }
        }

        if (usable.Count == 0)
        {
            return new Refusal("no-usable-account", "No household here has an account to pay to; pay in cash.");
        }

        var batch = PayoutBatchId.New();
        var total = usable.Select(payout => payout.Money).Aggregate((sum, money) => sum + money);
        await database.Execute($"""
            with made as (
                insert into settlement.payout_batch (id, organisation_id, currency, payouts, total, prepared_by)
                values ({batch}, {database.Actor.Organisation}, {total.Currency}, {usable.Count}, {total.Minor}, {database.Actor.Person}) returning id)
            select kernel.append(id, {nameof(PayoutBatchPrepared)}, {Event.Text(new PayoutBatchPrepared(batch, usable.Count, total))}) from made
            """, cancel);
        var sealedAccounts = usable.Select(payout => accounts[payout.HouseholdId] is var account
            ? secrets.Seal(PaidTo.Purpose, $"{account.Iban}\n{account.Holder}", payout.Id.Value) : []).ToArray();
        var taken = await database.Execute($"""
            update settlement.payout p set stage = {PayoutStage.Batched}, batch_id = {batch}, account_sealed = t.account, version = version + 1
              from unnest({usable.Select(payout => payout.Id.Value).ToArray()}, {sealedAccounts}) as t (id, account) where p.id = t.id
            """, cancel);
        return taken == usable.Count
            ? (await PayoutBatch.Find(batch, database, cancel))!.Details(left)
            : Refusal.ChangedMeanwhile;
    }
}

/// <summary>The account a payout goes to, as kept sealed with it.</summary>
/// <param name="Iban">IBAN without spaces.</param>
/// <param name="Holder">Name of the holder.</param>
internal sealed record PaidTo(string Iban, string Holder)
{
    public const string Purpose = "payout-account";

    public static PaidTo Open(PayoutId payout, byte[] account, Secrets secrets)
    {
        var parts = secrets.Open(Purpose, account, payout.Value).Split('\n', 2);
        return new PaidTo(parts[0], parts[1]);
    }
}
