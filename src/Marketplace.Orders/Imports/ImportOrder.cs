using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Orders.PurchaseOrders;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Orders.Imports;

/// <summary>What an order has beside its lines; rows that say nothing of delivery take its.</summary>
internal sealed record OrderImportHeader(
    string Currency, int PaymentTermDays, DateTimeOffset ConfirmBy, TerritoryCode DeliveryTerritory, string DeliveryPlace, DateOnly WindowFrom, DateOnly WindowTo,
    int MinimumFillPercent, OrganisationId? Applicant);

/// <summary>What came of a file of order lines.</summary>
/// <param name="Draft">The order as it was read; with <c>dryRun=true</c> nothing more. It can be posted to <c>POST /v1/orders</c> or <c>/v1/order-previews</c>.</param>
/// <param name="Order">The order that was drafted from it; absent in a dry run.</param>
public sealed record OrderImport(OrderDraft Draft, OrderDetails? Order);

/// <summary>POST /v1/order-imports.</summary>
public static class ImportOrder
{
    private const int MostBytes = 1024 * 1024;
    private static readonly Refusal BadRows = new("bad-rows", "The file has cells that are wrong; nothing was entered.", Status: 400);

    internal static void Map(RouteGroupBuilder imports) => imports.MapPost("", Handle).WithName("importOrder").Requires(Role.RetailBuyer).Moves()
        .WithMetadata(new LargeBody(MostBytes));

    /// <summary>Draft an order from a file or from rows pasted out of a sheet.</summary>
    /// <param name="body">The file.</param>
    /// <param name="currency"><c>KZT</c> or <c>KGS</c>.</param>
    /// <param name="paymentTermDays">Days from the invoice to its due date, 0 to 180.</param>
    /// <param name="confirmBy">The cut-off of answers.</param>
    /// <param name="deliveryTerritory">Where to, for rows that do not say.</param>
    /// <param name="deliveryPlace">Where to in words, for rows that do not say; 2 to 300 characters.</param>
    /// <param name="windowFrom">First delivery day, for rows that do not say.</param>
    /// <param name="windowTo">Last delivery day, for rows that do not say.</param>
    /// <param name="minimumFillPercent">Below this the firm order may be called off; 0 to 100, 0 by default.</param>
    /// <param name="applicant">The co-operative that sells; may be left out where there is only one.</param>
    /// <param name="dryRun">True (the default) reads and checks everything and writes nothing.</param>
    /// <remarks>CSV, tab-separated text or XLSX with a heading, at most 1 MB and 100 rows. Columns: product (code or name), quantity, unit, maxPrice, and if wanted
    /// per, tolerancePercent, minRemainingShelfLifeDays, deliveryPlace, deliveryTerritory, windowFrom, windowTo, acceptedTerritories (separated by spaces).
    /// Units may be written as people do (кг, т, л, шт). 400 <c>bad-rows</c> with every bad cell at once in <c>errors</c> (row, column, code, message,
    /// suggestion); 400 <c>not-utf8</c>, <c>not-text</c>, <c>not-a-sheet</c>, <c>empty-file</c>, <c>too-many-rows</c>, and those of <c>POST /v1/orders</c>.</remarks>
    public static async Task<Results<Ok<OrderImport>, ProblemHttpResult>> Handle(
        Stream body, HttpContext http, Database database, DraftTerms terms, IProducts products, ITerritories territories, Translations translations,
        CancellationToken cancel, [RegularExpression("^(KZT|KGS)$")] string currency, [Range(0, 180)] int paymentTermDays, DateTimeOffset confirmBy,
        TerritoryCode deliveryTerritory, [TextLength(300, MinimumLength = 2)] string deliveryPlace, DateOnly windowFrom, DateOnly windowTo,
        [Range(0, 100)] int minimumFillPercent = 0, OrganisationId? applicant = null, bool dryRun = true)
    {
        ArgumentNullException.ThrowIfNull(body);
        using var file = new MemoryStream();
        await body.CopyToAsync(file, cancel);
        var header = new OrderImportHeader(
            currency, paymentTermDays, confirmBy, deliveryTerritory, deliveryPlace, windowFrom, windowTo, minimumFillPercent, applicant);
        var read = await OrderFile.Read(file.ToArray(), header, products, territories, cancel);
        if (read.Refusal is { } refusal)
        {
            return Problems.From(refusal);
        }

        var (draft, problems) = read.Value;
        if (problems.Count > 0)
        {
            var language = Problems.Language(http);
            var details = new ProblemDetails { Status = 400, Detail = BadRows.Sentence };
            details.Extensions["code"] = BadRows.Code;
            details.Extensions["errors"] = problems.Select(problem => new
            {
                pointer = $"#/rows/{problem.Row}/{problem.Column}", problem.Row, problem.Column, problem.Code,
                message = translations.Find(language, problem.Code) ?? problem.Message, problem.Suggestion,
            }).ToList();
            return TypedResults.Problem(details);
        }

        var checkedTerms = await terms.Check(draft, cancel);
        if (checkedTerms.Refusal is { } wrong)
        {
            return Problems.From(wrong);
        }

        if (dryRun)
        {
            return TypedResults.Ok(new OrderImport(draft, null));
        }

        var made = await DraftOrder.Draft(draft, database, terms, cancel);
        return made.Refusal is { } refused ? Problems.From(refused) : TypedResults.Ok(new OrderImport(draft, made.Value));
    }
}
