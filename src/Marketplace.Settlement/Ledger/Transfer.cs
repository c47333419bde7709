using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Settlement.Ledger;

/// <summary>What an account is for; the parties hold one of each kind per currency in a seller's books.</summary>
[DatabaseEnum("settlement.purpose")]
public enum Purpose
{
    /// <summary>What a buyer owes.</summary>
    BuyerReceivable,

    /// <summary>Money on the seller's bank account.</summary>
    BankClearing,

    /// <summary>Money a card payment service holds for the seller.</summary>
    StripeClearing,

    /// <summary>Cash at the seller's collection points.</summary>
    CashClearing,

    /// <summary>What a household has earned and the buyer has not paid yet.</summary>
    HouseholdHold,

    /// <summary>What is due to a household.</summary>
    HouseholdPayable,

    /// <summary>The applicant of record's fee.</summary>
    ApplicantFee,

    /// <summary>Payouts released to the bank and not yet on its statement.</summary>
    PayoutInTransit,

    /// <summary>Differences of rounding; stays at zero while every split is exact.</summary>
    Rounding,
}

/// <summary>One side of a transfer.</summary>
/// <param name="Kind"><c>organisation</c> or <c>household</c>.</param>
/// <param name="Party">Who.</param>
/// <param name="Purpose">Which of its accounts.</param>
/// <param name="Amount">A debit is positive, a credit negative.</param>
internal sealed record Posting(string Kind, Guid Party, Purpose Purpose, Money Amount)
{
    public static Posting Of(OrganisationId party, Purpose purpose, Money amount) => new("organisation", party.Value, purpose, amount);

    public static Posting Of(HouseholdId party, Purpose purpose, Money amount) => new("household", party.Value, purpose, amount);
}

/// <summary>A balanced set of postings that happens once. A correction is another transfer, never a change.</summary>
/// <param name="Book">The applicant of record in whose books it stands.</param>
/// <param name="Kind"><c>invoice</c>, <c>payment</c>, <c>release</c>, <c>payout</c>, <c>bank_execution</c>, <c>cash</c> or <c>reversal</c>.</param>
/// <param name="Evidence">The document or decision behind it.</param>
/// <param name="Postings">One per account; they sum to zero in each currency.</param>
internal sealed record Transfer(OrganisationId Book, string Kind, Guid Evidence, IReadOnlyList<Posting> Postings)
{
    private static readonly Refusal Reused = new("transfer-reused", "This evidence was already posted with other figures.");

    /// <summary>Always the same for one kind and evidence: posting it again finds the first.</summary>
    public Guid Id => IdOf(Kind, Evidence);

    /// <summary>The transfer without the postings that move nothing, accounts in one fixed order.</summary>
    public static Transfer Of(OrganisationId book, string kind, Guid evidence, IEnumerable<Posting> postings) => new(book, kind, evidence,
        [.. postings.GroupBy(one => (one.Kind, one.Party, one.Purpose, one.Amount.Currency))
            .Select(same => new Posting(same.Key.Kind, same.Key.Party, same.Key.Purpose, new Money(same.Sum(one => one.Amount.Minor), same.Key.Currency)))
            .Where(one => one.Amount.Minor != 0)
            .OrderBy(one => one.Kind, StringComparer.Ordinal).ThenBy(one => one.Party).ThenBy(one => one.Purpose)
            .ThenBy(one => one.Amount.Currency, StringComparer.Ordinal)]);

    public static Guid IdOf(string kind, Guid evidence)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.ASCII.GetBytes($"{kind}:{evidence:N}"), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80); // version 8: made by our own rule
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Every currency sums to zero and something moves.</summary>
    public bool Balances => Postings.Count >= 2
        && Postings.GroupBy(one => one.Amount.Currency).All(currency => currency.Sum(one => one.Amount.Minor) == 0);

    /// <summary>The same postings with the other sign.</summary>
    public Transfer Reversal() => new(Book, "reversal", Id, [.. Postings.Select(one => one with { Amount = one.Amount with { Minor = -one.Amount.Minor } })]);

    /// <summary>Writes it, in three statements whatever its size. The same again changes nothing; the same evidence with other figures is refused.</summary>
    public async Task<Refusal?> Post(Database database, CancellationToken cancel)
    {
        var made = await database.Value<Guid?>($"""
            insert into settlement.transfer (id, book, kind, evidence_id, reverses, body_hash)
            values ({Id}, {Book}, {Kind}, {Evidence}, {(Kind == "reversal" ? Evidence : (Guid?)null)}, {Hash()})
                on conflict do nothing returning id
            """, cancel);
        if (made is null)
        {
            var same = await database.Value<bool?>($"select body_hash = {Hash()} from settlement.transfer where id = {Id}", cancel);
            return same == true ? null : Reused;
        }

        var kinds = Postings.Select(one => one.Kind).ToArray();
        var parties = Postings.Select(one => one.Party).ToArray();
        var purposes = Postings.Select(one => one.Purpose).ToArray();
        var currencies = Postings.Select(one => one.Amount.Currency).ToArray();
        var amounts = Postings.Select(one => one.Amount.Minor).ToArray();

        // In the postings' fixed order, so that two transfers that open the same accounts cannot deadlock.
        await database.Execute($"""
            insert into settlement.account (book, party_kind, party_id, purpose, currency)
            select {Book}, kind, party, purpose, currency
              from unnest({kinds}, {parties}, {purposes}, {currencies}) with ordinality as p (kind, party, purpose, currency, at)
             where not exists (select from settlement.account a
                where a.tenant_id = kernel.tenant() and a.book = {Book} and a.party_kind = p.kind and a.party_id = p.party
                  and a.purpose = p.purpose and a.currency = p.currency)
             order by at
                on conflict do nothing
            """, cancel);
        var written = await database.Execute($"""
            insert into settlement.entry (transfer_id, account_id, amount, currency)
            select {Id}, a.id, p.amount, p.currency
              from unnest({kinds}, {parties}, {purposes}, {currencies}, {amounts}) as p (kind, party, purpose, currency, amount)
              join settlement.account a on a.tenant_id = kernel.tenant() and a.book = {Book} and a.party_kind = p.kind and a.party_id = p.party
               and a.purpose = p.purpose and a.currency = p.currency
            """, cancel);
        return written == Postings.Count ? null : throw new InvalidOperationException($"{written} of {Postings.Count} entries were written.");
    }

    private byte[] Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Book.Value.ToByteArray());
        Span<byte> amount = stackalloc byte[8];
        foreach (var one in Postings)
        {
            hash.AppendData(Encoding.ASCII.GetBytes($"{one.Kind}:{one.Party:N}:{one.Purpose}:{one.Amount.Currency}"));
            BinaryPrimitives.WriteInt64BigEndian(amount, one.Amount.Minor);
            hash.AppendData(amount);
        }

        return hash.GetHashAndReset();
    }
}
