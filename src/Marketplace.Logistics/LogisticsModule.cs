using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.CollectionPoints;
using Marketplace.Logistics.Consignments;
using Marketplace.Logistics.Recalls;
using Marketplace.Logistics.Receipts;
using Marketplace.Logistics.Tenders;
using Marketplace.Logistics.Traces;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Logistics;

/// <summary>From the scale at the collection point to the buyer's receipt.</summary>
public static class LogisticsModule
{
    /// <summary>Registers the module.</summary>
    public static IServiceCollection AddLogistics(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<IReceipts, ReceiptCalls>();
        services.AddScoped<ReceiveGoods>();
        services.AddSingleton<ReceiptDeadlines>();
        services.AddHostedService(provider => provider.GetRequiredService<ReceiptDeadlines>());
        services.AddSingleton(new ConstraintRefusal("name-taken", "There is one of this name already."));
        services.AddSingleton(new ConstraintRefusal("already-weighed", "These goods were weighed before."));
        services.AddSingleton(new ConstraintRefusal("client-id-reused", "This client id was used for another weighing."));
        services.AddSingleton(new ConstraintRefusal("already-loaded", "A weighing travels in another consignment already."));
        services.AddSingleton(new ConstraintRefusal("already-received", "This consignment was received before."));
        services.AddSingleton(new ConstraintRefusal("reason-missing", "Say why goods are rejected."));
        services.AddSingleton(new ConstraintRefusal("own-work", "You cannot decide on your own work."));
        services.AddSingleton(new ConstraintRefusal("recall-closed", "This recall is closed."));
        services.AddSingleton(new ConstraintRefusal("responses-missing", "A buyer has not answered yet."));
        services.AddSingleton(new ConstraintRefusal("answered-already", "This was answered before."));
        services.AddSingleton(new ConstraintRefusal("more-than-sent", "No more can be withdrawn than was sent."));
        services.AddSingleton(new ConstraintRefusal("parts-do-not-add-up", "Accepted and rejected are not what was dispatched."));
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapLogistics(this IEndpointRouteBuilder routes)
    {
        var points = routes.Noun("/collection-points", "Collection points");
        AddCollectionPoint.Map(points);
        ListCollectionPoints.Map(points);
        var tenders = routes.Noun("/tenders", "Tenders");
        WeighTender.Map(tenders);
        ListTenders.Map(tenders);
        var consignments = routes.Noun("/consignments", "Consignments");
        LoadConsignment.Map(consignments);
        DispatchConsignment.Map(consignments);
        ShowConsignment.Map(consignments);
        var receipts = routes.Noun("/receipts", "Receipts");
        RecordReceipt.Map(receipts);
        ShowReceipt.Map(receipts);
        FollowGoods.Map(routes.Noun("/traces", "Traces"));
        var recalls = routes.Noun("/recalls", "Recalls");
        OpenRecall.Map(recalls);
        ShowRecall.Map(recalls);
        AnswerRecall.Map(recalls);
        CloseRecall.Map(recalls);
    }
}

/// <summary>What other modules ask of receipts.</summary>
internal sealed class ReceiptCalls(Database database) : IReceipts
{
    public async Task<IReadOnlyList<ReceivedPart>> PartsOf(ReceiptId receipt, CancellationToken cancel) => await database.List<ReceivedPart>($"""
        select p.receipt_id as receipt, t.promise_id as promise, t.line_id as line, t.lot_id as lot, t.household_id as household, t.delivered as tendered,
               p.accepted, p.rejected, t.unit
          from logistics.receipt_part p join logistics.tender t on t.id = p.tender_id where p.receipt_id = {receipt} order by t.id
        """, cancel);
}
