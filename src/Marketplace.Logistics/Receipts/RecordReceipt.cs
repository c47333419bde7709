using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Marketplace.Logistics.Consignments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Logistics.Receipts;

/// <summary>Why goods were rejected; codes of Peppol OPStatusReason.</summary>
[DatabaseEnum("logistics.reject_reason")]
public enum RejectReason
{
    /// <summary>Quality.</summary>
    [JsonStringEnumMemberName("QUA")] Qua,

    /// <summary>Delivery.</summary>
    [JsonStringEnumMemberName("DEL")] Del,

    /// <summary>Price.</summary>
    [JsonStringEnumMemberName("PRI")] Pri,

    /// <summary>Quantity.</summary>
    [JsonStringEnumMemberName("QTY")] Qty,

    /// <summary>Item.</summary>
    [JsonStringEnumMemberName("ITM")] Itm,

    /// <summary>References.</summary>
    [JsonStringEnumMemberName("REF")] Ref,

    /// <summary>Legal information.</summary>
    [JsonStringEnumMemberName("LEG")] Leg,

    /// <summary>Payment terms.</summary>
    [JsonStringEnumMemberName("PAY")] Pay,

    /// <summary>Other.</summary>
    [JsonStringEnumMemberName("OTH")] Oth,
}

/// <summary>The buyer's answer to a consignment.</summary>
/// <param name="Consignment">The consignment.</param>
/// <param name="Parts">Every part of it, once.</param>
public sealed record ReceiptDraft(ConsignmentId Consignment, [MinLength(1), MaxLength(1000)] IReadOnlyList<ReceiptDraftPart> Parts);

/// <summary>The answer to one part.</summary>
/// <param name="Tender">The weighing, as on the despatch line.</param>
/// <param name="Accepted">Accepted, in the part's unit.</param>
/// <param name="Rejected">Rejected; accepted and rejected are exactly what was dispatched.</param>
/// <param name="Reason">Required when something is rejected: <c>QUA</c>, <c>DEL</c>, <c>PRI</c>, <c>QTY</c>, <c>ITM</c>, <c>REF</c>, <c>LEG</c>,
/// <c>PAY</c> or <c>OTH</c>.</param>
/// <param name="Detail">In words, 2 to 500 characters.</param>
public sealed record ReceiptDraftPart(
    TenderId Tender, Quantity Accepted, Quantity Rejected, RejectReason? Reason = null, [TextLength(500, MinimumLength = 2)] string? Detail = null);

/// <summary>Records what arrived.</summary>
public static class RecordReceipt
{
    internal static void Map(RouteGroupBuilder receipts) =>
        receipts.MapPost("", Handle).WithName("recordReceipt").Requires(Role.RetailReceiver).Moves();

    /// <summary>Accept or reject a consignment, part by part.</summary>
    /// <remarks>Once per consignment. 400 <c>parts-incomplete</c>, <c>unit-mismatch</c>, <c>parts-do-not-add-up</c>, <c>reason-missing</c>;
    /// 404 for a consignment of another chain; 409 <c>already-received</c>, <c>wrong-stage</c>.</remarks>
    public static async Task<Results<Created<ReceiptDetails>, ProblemHttpResult>> Handle(
        ReceiptDraft draft, Database database, ReceiveGoods receive, CancellationToken cancel) =>
        Answer.Created(await Record(draft, database, receive, cancel), receipt => $"/v1/receipts/{receipt.Id}");

    internal static async Task<Outcome<ReceiptDetails>> Record(ReceiptDraft draft, Database database, ReceiveGoods receive, CancellationToken cancel)
    {
        var arrived = await receive.Lock(draft.Consignment, database.Actor.Organisation, cancel);
        if (arrived.Refusal is { } refusal)
        {
            return refusal;
        }

        var parts = arrived.Value!.Parts;
        if (draft.Parts.Count != parts.Count || draft.Parts.Select(part => part.Tender).Distinct().Count() != parts.Count
            || draft.Parts.Any(part => !parts.ContainsKey(part.Tender)))
        {
            return Refusal.Invalid("#/parts", "parts-incomplete", "Answer every part of the consignment, each once.");
        }

        var judged = new List<JudgedPart>();
        for (var i = 0; i < draft.Parts.Count; i++)
        {
            var part = draft.Parts[i];
            var sent = parts[part.Tender];
            if (part.Accepted.Unit != sent.Unit || part.Rejected.Unit != sent.Unit)
            {
                return Refusal.Invalid($"#/parts/{i}", "unit-mismatch", $"This part is measured in {sent.Unit}.");
            }

            if (part.Accepted.Amount + part.Rejected.Amount != sent.Delivered)
            {
                return Refusal.Invalid($"#/parts/{i}", "parts-do-not-add-up", "Accepted and rejected are not what was dispatched.");
            }

            if (part.Rejected.Amount > 0 && part.Reason is null)
            {
                return Refusal.Invalid($"#/parts/{i}/reason", "reason-missing", "Say why goods are rejected.");
            }

            judged.Add(new JudgedPart(sent, part.Accepted.Amount, part.Rejected.Amount, part.Rejected.Amount > 0 ? part.Reason : null, part.Detail));
        }

        return await receive.Write(arrived.Value, judged, cancel);
    }
}
