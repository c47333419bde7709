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

/// <summary>What an order has beside its lines, for a file that holds lines only.</summary>
/// <param name="Currency"><c>KZT</c> or <c>KGS</c>.</param>
/// <param name="PaymentTermDays">Days from the invoice to its due date, 0 to 180.</param>
/// <param name="ConfirmBy">The cut-off of answers.</param>
/// <param name="DeliveryTerritory">Where to, for rows that do not say.</param>
/// <param name="DeliveryPlace">Where to in words, for rows that do not say; 2 to 300 characters.</param>
/// <param name="WindowFrom">First delivery day, for rows that do not say.</param>
/// <param name="WindowTo">Last delivery day, for rows that do not say.</param>
/// <param name="MinimumFillPercent">Below this the firm order may be called off; 0 to 100, 0 by default.</param>
/// <param name="Applicant">The co-operative that sells; may be left out where there is only one.</param>
public sealed record OrderImportHeader(
    [RegularExpression("KZT|KGS")] string Currency, [Range(0, 180)] int PaymentTermDays, DateTimeOffset ConfirmBy, TerritoryCode DeliveryTerritory,
    [StringLength(300, MinimumLength = 2)] string DeliveryPlace, DateOnly WindowFrom, DateOnly WindowTo, [Range(0, 100)] int MinimumFillPercent = 0,
    OrganisationId? Applicant = null);

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
        .WithMetadata(new LargeBody(MostBytes)).Accepts<IFormFile>("text/csv", "text/tab-separated-values", "text/plain",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");

    /// <summary>Draft an order from a file or from rows pasted out of a sheet.</summary>
    /// <param name="header">What the order has beside its lines.</param>
    /// <param name="dryRun">True (the default) reads and checks everything and writes nothing.</param>
    /// <remarks>CSV, tab-separated text or XLSX with a heading, at most 1 MB and 100 rows. Columns: product (code or name), quantity, unit, maxPrice, and if wanted
    /// per, tolerancePercent, minRemainingShelfLifeDays, deliveryPlace, deliveryTerritory, windowFrom, windowTo, acceptedTerritories (separated by spaces).
    /// Units may be written as people do (кг, т, л, шт). 400 <c>bad-rows</c> with every bad cell at once in <c>errors</c> (row, column, code, message,
    /// suggestion); 400 <c>not-utf8</c>, <c>not-text</c>, <c>not-a-sheet</c>, <c>empty-file</c>, <c>too-many-rows</c>, and those of <c>POST /v1/orders</c>.</remarks>
    public static async Task<Results<Ok<OrderImport>, ProblemHttpResult>> Handle(
        [AsParameters] OrderImportHeader header, HttpContext http, Database database, DraftTerms terms, IProducts products, ITerritories territories,
        Translations translations, CancellationToken cancel, bool dryRun = true)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(http);
        using var file = new MemoryStream();
        await http.Request.Body.CopyToAsync(file, cancel);
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
