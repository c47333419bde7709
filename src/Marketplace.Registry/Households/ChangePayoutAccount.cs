using System.ComponentModel.DataAnnotations;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Registry.Households;

/// <summary>Where a household wants its payouts.</summary>
/// <param name="Iban">Account number of Kazakhstan: <c>KZ</c>, two check digits, 16 characters.</param>
/// <param name="Holder">Name of the account's holder, 2 to 120 characters; the head's name by default.</param>
public sealed record PayoutAccountChange(
    [TextLength(40, MinimumLength = 15)] string Iban, [TextLength(120, MinimumLength = 2)] string? Holder = null);

/// <summary>A household names the account its payouts go to.</summary>
public static class ChangePayoutAccount
{
    internal static void Map(RouteGroupBuilder households) =>
        households.MapPut("/{id}/payout-account", Handle).WithName("changePayoutAccount").InPersonOnly().RequiresSignIn();

    /// <summary>Name the account your payouts go to.</summary>
    /// <remarks>The first account is usable at once, a changed one after 72 hours; the household's telephone is told. Naming the same account
    /// again changes nothing. 400 `bad-iban`; 404 `not-found` unless you head the household.</remarks>
    public static async Task<Results<Ok<PayoutAccountDetails>, ProblemHttpResult>> Handle(
        HouseholdId id, PayoutAccountChange change, Database database, Secrets secrets, INotices notices, CancellationToken cancel) =>
        Answer.Ok(await Change(id, change, database, secrets, notices, cancel));

    internal static async Task<Outcome<PayoutAccountDetails>> Change(
        HouseholdId id, PayoutAccountChange change, Database database, Secrets secrets, INotices notices, CancellationToken cancel)
    {
        // The household's row is locked, so that two changes at once cannot both be the first.
        var head = await database.Find<Head>($"""
            select head as person, name, language from registry.household where id = {id} and head = {database.Actor.Person} and stage <> 'closed' for update
            """, cancel);
        if (head is null)
        {
            return Refusal.NotFound;
        }

        if (Iban.Normal(change.Iban) is not { } iban)
        {
            return Refusal.Invalid("#/iban", "bad-iban", "This is not an account number of Kazakhstan.");
        }

        var holder = change.Holder?.Trim() ?? head.Name;
        var before = await database.Find<Before>($"""
            select id, holder, iban_sealed, iban_tail, usable_from from registry.payout_account where household = {id} and ended_at is null
            """, cancel);
        if (before is not null && before.Holder == holder && secrets.Open("iban", before.IbanSealed, before.Id) == iban)
        {
            return new HouseholdView.Account(before.Holder, before.IbanTail, before.UsableFrom).Details;
        }

        await database.Execute($"update registry.payout_account set ended_at = kernel.now() where household = {id} and ended_at is null", cancel);
        var account = Guid.CreateVersion7();
        var usable = await database.Value<DateTimeOffset>($"""
            insert into registry.payout_account (id, household, holder, iban_sealed, iban_tail, set_by, usable_from)
            values ({account}, {id}, {holder}, {secrets.Seal("iban", iban, account)}, {iban[^4..]}, {database.Actor.Person}, kernel.now())
            returning usable_from
            """, cancel);
        await database.Execute(
            $"select kernel.append({id}, {nameof(PayoutAccountChanged)}, {Event.Text(new PayoutAccountChanged(id, usable))})", cancel);
        if (before is not null)
        {
            await notices.Send([new Notice("payout-account-changed", new Dictionary<string, string>(), head.Person, Language: head.Language)], cancel);
        }

        return new HouseholdView.Account(holder, iban[^4..], usable).Details;
    }

    private sealed record Head(PersonId Person, string Name, string Language);

    private sealed record Before(Guid Id, string Holder, byte[] IbanSealed, string IbanTail, DateTimeOffset UsableFrom);
}
