using Vogen;

[assembly: VogenDefaults(
    underlyingType: typeof(Guid),
    conversions: Conversions.TypeConverter | Conversions.SystemTextJson | Conversions.DapperTypeHandler,
    disableStackTraceRecordingInDebug: true)]

namespace Marketplace.Contracts;

/// <summary>A person: a member of a household, an officer, a buyer. UUID.</summary>
[ValueObject]
public readonly partial struct PersonId;

/// <summary>A household farm. UUID.</summary>
[ValueObject]
public readonly partial struct HouseholdId
{
    /// <summary>A new id, ordered by time.</summary>
    public static HouseholdId New() => From(Guid.CreateVersion7());
}

/// <summary>An organisation: co-operative, certification body, laboratory, chain, akimat, project office. UUID.</summary>
[ValueObject]
public readonly partial struct OrganisationId
{
    /// <summary>A new id, ordered by time.</summary>
    public static OrganisationId New() => From(Guid.CreateVersion7());
}

/// <summary>A lot: a definite quantity of one product of one household. UUID.</summary>
[ValueObject]
public readonly partial struct LotId
{
    /// <summary>A new id, ordered by time.</summary>
    public static LotId New() => From(Guid.CreateVersion7());
}

/// <summary>A sample of a lot, with the part kept for a re-test. UUID.</summary>
[ValueObject]
public readonly partial struct SampleId
{
    /// <summary>A new id, ordered by time.</summary>
    public static SampleId New() => From(Guid.CreateVersion7());
}

/// <summary>An independent re-test of a retained part. UUID.</summary>
[ValueObject]
public readonly partial struct RetestId
{
    /// <summary>A new id, ordered by time.</summary>
    public static RetestId New() => From(Guid.CreateVersion7());
}

/// <summary>One row of a laboratory's scope: a method for an indicator. UUID.</summary>
[ValueObject]
public readonly partial struct LaboratoryMethodId
{
    /// <summary>A new id, ordered by time.</summary>
    public static LaboratoryMethodId New() => From(Guid.CreateVersion7());
}

/// <summary>A request to have one lot certified. UUID.</summary>
[ValueObject]
public readonly partial struct CertificationApplicationId
{
    /// <summary>A new id, ordered by time.</summary>
    public static CertificationApplicationId New() => From(Guid.CreateVersion7());
}

/// <summary>A certificate of conformity. UUID; people know it by its serial.</summary>
[ValueObject]
public readonly partial struct CertificateId
{
    /// <summary>A new id, ordered by time.</summary>
    public static CertificateId New() => From(Guid.CreateVersion7());
}

/// <summary>A purchase order of a chain. UUID.</summary>
[ValueObject]
public readonly partial struct PurchaseOrderId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PurchaseOrderId New() => From(Guid.CreateVersion7());
}

/// <summary>One line of a purchase order. UUID.</summary>
[ValueObject]
public readonly partial struct OrderLineId
{
    /// <summary>A new id, ordered by time.</summary>
    public static OrderLineId New() => From(Guid.CreateVersion7());
}

/// <summary>A household's promise of part of a lot to an order line. UUID.</summary>
[ValueObject]
public readonly partial struct PromiseId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PromiseId New() => From(Guid.CreateVersion7());
}

/// <summary>A weighed hand-in of goods at a collection point. UUID.</summary>
[ValueObject]
public readonly partial struct TenderId
{
    /// <summary>A new id, ordered by time.</summary>
    public static TenderId New() => From(Guid.CreateVersion7());
}

/// <summary>A load of tendered goods on its way to the buyer. UUID.</summary>
[ValueObject]
public readonly partial struct ConsignmentId
{
    /// <summary>A new id, ordered by time.</summary>
    public static ConsignmentId New() => From(Guid.CreateVersion7());
}

/// <summary>The buyer's receipt of a consignment. UUID.</summary>
[ValueObject]
public readonly partial struct ReceiptId
{
    /// <summary>A new id, ordered by time.</summary>
    public static ReceiptId New() => From(Guid.CreateVersion7());
}

/// <summary>An invoice. UUID; people know it by its number.</summary>
[ValueObject]
public readonly partial struct InvoiceId
{
    /// <summary>A new id, ordered by time.</summary>
    public static InvoiceId New() => From(Guid.CreateVersion7());
}

/// <summary>Money to be paid out to one household. UUID.</summary>
[ValueObject]
public readonly partial struct PayoutId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PayoutId New() => From(Guid.CreateVersion7());
}

/// <summary>A batch of payouts, signed by two persons. UUID.</summary>
[ValueObject]
public readonly partial struct PayoutBatchId
{
    /// <summary>A new id, ordered by time.</summary>
    public static PayoutBatchId New() => From(Guid.CreateVersion7());
}

/// <summary>A task with one responsible person and a deadline. UUID.</summary>
[ValueObject]
public readonly partial struct WorkTaskId;

/// <summary>A territory: <c>kz-</c> with the nine digits of the state classifier KATO, or <c>kg-</c> with the settlement's number.</summary>
[ValueObject<string>]
public readonly partial struct TerritoryCode
{
    private static Validation Validate(string input) =>
        input is { Length: >= 2 and <= 40 } && input.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')
            ? Validation.Ok
            : Validation.Invalid("A territory code has 2 to 40 small letters, digits and hyphens.");
}

/// <summary>A product type, for example <c>potato</c>: small letters, digits and underscores.</summary>
[ValueObject<string>]
public readonly partial struct ProductCode
{
    private static Validation Validate(string input) =>
        input is { Length: >= 2 and <= 40 } && input.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '_')
            ? Validation.Ok
            : Validation.Invalid("A product code has 2 to 40 small letters, digits and underscores.");
}

/// <summary>A proposed version of a conformity scheme. UUID.</summary>
[ValueObject]
public readonly partial struct SchemeDraftId
{
    /// <summary>A new id, ordered by time.</summary>
    public static SchemeDraftId New() => From(Guid.CreateVersion7());
}

/// <summary>A proposed limit or edition of one. UUID.</summary>
[ValueObject]
public readonly partial struct LimitProposalId
{
    /// <summary>A new id, ordered by time.</summary>
    public static LimitProposalId New() => From(Guid.CreateVersion7());
}

/// <summary>A recall of goods. UUID.</summary>
[ValueObject]
public readonly partial struct RecallId
{
    /// <summary>A new id, ordered by time.</summary>
    public static RecallId New() => From(Guid.CreateVersion7());
}
