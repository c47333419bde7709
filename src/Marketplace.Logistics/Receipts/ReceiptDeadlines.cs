using Marketplace.Contracts;
using Marketplace.Kernel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Logistics.Receipts;

/// <summary>Accepts consignments the buyer did not answer in time; once each, on whichever instance comes first.</summary>
internal sealed class ReceiptDeadlines(IServiceScopeFactory scopes, ILogger<ReceiptDeadlines> log) : BackgroundService
{
    /// <summary>One look at everything that is due; the number of consignments accepted.</summary>
    internal Task<int> Pass(CancellationToken cancel) => Rounds.WhileAny(scopes, AcceptOne, cancel);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Rounds.Every(TimeSpan.FromSeconds(10), Pass, log, stoppingToken);

    private async Task<bool> AcceptOne(string tenant, CancellationToken cancel)
    {
        await using var scope = Tenants.Scope(scopes, tenant);
        var database = scope.ServiceProvider.GetRequiredService<Database>();
        var due = await database.Find<Due>($"""
            select id, buyer_id as buyer from logistics.consignment
             where stage = 'dispatched' and dispatched_at + (
                   select receipt_within from logistics.rule where in_force_from <= dispatched_at order by in_force_from desc limit 1) <= kernel.now()
             order by dispatched_at limit 1 for update skip locked
            """, cancel);
        if (due is null)
        {
            return false;
        }

        var receive = scope.ServiceProvider.GetRequiredService<ReceiveGoods>();
        var arrived = await receive.Lock(due.Id, due.Buyer, cancel);
        if (arrived.Refusal is null && (await receive.Write(arrived.Value!,
            [.. arrived.Value!.Parts.Values.Select(part => new JudgedPart(part, part.Delivered, 0, null, null))], cancel)).Refusal is { } refusal)
        {
            throw new InvalidOperationException($"Consignment {due.Id} cannot be accepted: {refusal.Code}.");
        }

        await database.Commit(cancel);
        return true;
    }

    private sealed record Due(ConsignmentId Id, Guid Buyer);
}
