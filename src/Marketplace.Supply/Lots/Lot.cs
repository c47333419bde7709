using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Supply.Lots;

/// <summary>What a lot is to the market.</summary>
[DatabaseEnum("supply.lot_state")]
public enum LotState
{
    /// <summary>Declared by the household; a claim.</summary>
    Declared,

    /// <summary>An application covers it.</summary>
    UnderCertification,

    /// <summary>A certificate was issued; how much of it is sellable stands in its account.</summary>
    Certified,

    /// <summary>Nothing is left of it.</summary>
    Closed,
}

/// <summary>What can happen to a lot as a whole; quantities move in its account.</summary>
internal enum LotStep
{
    PutUnderCertification,
    TakeFromCertification,
    Certify,
    Close,
}

/// <summary>The life of a lot.</summary>
internal static class Lot
{
    /// <summary>A pair that is not listed is not allowed.</summary>
    public static LotState? Next(LotState state, LotStep step) => (state, step) switch
    {
        (LotState.Declared, LotStep.PutUnderCertification) => LotState.UnderCertification,
        (LotState.UnderCertification, LotStep.TakeFromCertification) => LotState.Declared,
        (LotState.UnderCertification, LotStep.Certify) => LotState.Certified,
        (LotState.Declared or LotState.Certified, LotStep.Close) => LotState.Closed,
        _ => null,
    };

    /// <summary>The states from which a step leads somewhere; for the WHERE of the statement that takes it.</summary>
    public static LotState[] From(LotStep step) => [.. Enum.GetValues<LotState>().Where(state => Next(state, step) is not null)];
}

/// <summary>Answers other modules' questions about lots.</summary>
internal sealed class LotQuestions(Database database) : ILots
{
    public async Task<IReadOnlyDictionary<LotId, LotCard>> Of(IReadOnlyCollection<LotId> lots, CancellationToken cancel) =>
        (await database.List<Row>($"""
            select l.id, l.household_id, l.product_code, l.village, l.declared, l.step, l.ready_on, l.expires_on, l.price_ten_thousandths, l.currency, l.per, a.ceiling
              from supply.lot l join supply.lot_account a on a.lot_id = l.id where l.id = any ({lots.ToArray()})
            """, cancel)).ToDictionary(row => row.Id, row => new LotCard(
                row.Id, row.HouseholdId, row.ProductCode, row.Village, new Quantity(row.Declared, row.Step), row.ReadyOn, row.ExpiresOn,
                row.PriceTenThousandths is { } price ? new UnitPrice(price, row.Currency!, row.Per!) : null, row.Ceiling));

    private sealed record Row(
        LotId Id, HouseholdId HouseholdId, ProductCode ProductCode, TerritoryCode Village, long Declared, string Step, DateOnly ReadyOn, DateOnly ExpiresOn,
        long? PriceTenThousandths, string? Currency, string? Per, long Ceiling);
}
