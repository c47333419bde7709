using System.Collections.Concurrent;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.ApiTests.Settlement;

/// <summary>The modules Settlement asks, with state that refuses as theirs does: so Settlement is tested alone.</summary>
internal sealed class Neighbours : IOrders, IReceipts, IOrganisations, INotices
{
    public ConcurrentDictionary<PurchaseOrderId, OrderCard> Orders { get; } = new();

    public ConcurrentDictionary<PurchaseOrderId, IReadOnlyList<PromiseCard>> Promises { get; } = new();

    public ConcurrentDictionary<ReceiptId, IReadOnlyList<ReceivedPart>> Receipts { get; } = new();

    public ConcurrentDictionary<HouseholdId, HouseholdCard> Households { get; } = new();

    public ConcurrentDictionary<HouseholdId, PayoutAccount> Accounts { get; } = new();

    public ConcurrentDictionary<OrganisationId, OrganisationCard> Organisations { get; } = new();

    public ConcurrentQueue<Notice> Sent { get; } = new();

    public Task<OrderCard?> Find(PurchaseOrderId order, CancellationToken cancel) => Task.FromResult(Orders.GetValueOrDefault(order));

    public Task<IReadOnlyList<PromiseCard>> LockPromises(IReadOnlyCollection<PromiseId> promises, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<PromiseCard>> PromisesOf(PurchaseOrderId order, CancellationToken cancel) => Task.FromResult(Promises[order]);

    public Task Tendered(PromiseId promise, long weighed, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Refusal?> Advance(PurchaseOrderId order, string step, CancellationToken cancel)
    {
        var card = Orders[order];
        string? next = (card.Stage, step) switch
        {
            ("received", "invoice") => "invoiced", ("invoiced", "pay") => "paid", ("paid", "pay_out") => "paid_out", _ => null,
        };
        if (next is null)
        {
            return Task.FromResult<Refusal?>(new Refusal("wrong-stage", "The order cannot take this step."));
        }

        Orders[order] = card with { Stage = next };
        return Task.FromResult<Refusal?>(null);
    }

    public Task<IReadOnlyList<FreedPart>> EndPromises(IReadOnlyList<LotId> lots, bool wait, CancellationToken cancel) => throw new NotSupportedException();

    public Task Clear(IReadOnlyList<LotId> lots, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<ReceivedPart>> PartsOf(ReceiptId receipt, CancellationToken cancel) => Task.FromResult(Receipts[receipt]);

    public Task<IReadOnlyDictionary<HouseholdId, HouseholdCard>> Of(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyDictionary<HouseholdId, HouseholdCard>>(
            households.Where(Households.ContainsKey).ToDictionary(id => id, id => Households[id]));

    public Task<IReadOnlyDictionary<HouseholdId, PayoutAccount>> PayoutAccounts(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyDictionary<HouseholdId, PayoutAccount>>(
            households.Where(Accounts.ContainsKey).ToDictionary(id => id, id => Accounts[id]));

    public Task<IReadOnlyDictionary<OrganisationId, OrganisationCard>> Of(IReadOnlyCollection<OrganisationId> organisations, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyDictionary<OrganisationId, OrganisationCard>>(
            organisations.Where(Organisations.ContainsKey).ToDictionary(id => id, id => Organisations[id]));

    public Task<IReadOnlyList<OrganisationCard>> OfKind(OrganisationKind kind, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<OrganisationCard>>([.. Organisations.Values.Where(one => one.Kind == kind)]);

    public Task Send(IReadOnlyList<Notice> notices, CancellationToken cancel)
    {
        foreach (var notice in notices)
        {
            // As Messages does: a template that is not there, or a value it misses, is an error.
            Assert.Equal(("paid", "amount,method"), (notice.Template, string.Join(',', notice.Values.Keys.Order())));
            Assert.Contains(notice.Values["method"], (string[])["bank", "cash"]);
            Sent.Enqueue(notice);
        }

        return Task.CompletedTask;
    }

    /// <summary>The same neighbours for one request, who know who asks.</summary>
    public sealed class Asked(Neighbours all, CurrentActor actor) : IHouseholds
    {
        public Task<Outcome<HouseholdCard>> ToActFor(HouseholdId household, CancellationToken cancel) => Task.FromResult<Outcome<HouseholdCard>>(
            actor.Value.Household == household.Value && all.Households.TryGetValue(household, out var card) ? card : Refusal.NotFound);

        public Task<IReadOnlyDictionary<HouseholdId, HouseholdCard>> Of(IReadOnlyCollection<HouseholdId> households, CancellationToken cancel) =>
            all.Of(households, cancel);

        public Task<IReadOnlyDictionary<HouseholdId, PayoutAccount>> PayoutAccounts(
            IReadOnlyCollection<HouseholdId> households, CancellationToken cancel) => all.PayoutAccounts(households, cancel);
    }
}
