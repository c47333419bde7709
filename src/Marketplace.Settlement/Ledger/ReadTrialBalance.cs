using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Settlement.Ledger;

/// <summary>The sum of every kind of account.</summary>
/// <param name="Rows">One row per purpose and currency.</param>
/// <param name="Sums">The sum of all rows per currency: zero, or the ledger is broken.</param>
/// <param name="Transfers">How many transfers the books hold.</param>
public sealed record TrialBalance(IReadOnlyList<TrialBalanceRow> Rows, IReadOnlyList<Money> Sums, long Transfers);

/// <summary>One kind of account in a trial balance.</summary>
/// <param name="Purpose">What the accounts are for.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Debit">Sum of the debits, minor units, zero or more.</param>
/// <param name="Credit">Sum of the credits, minor units, zero or more.</param>
/// <param name="Balance">Debits less credits, minor units.</param>
/// <param name="Accounts">How many accounts.</param>
public sealed record TrialBalanceRow(Purpose Purpose, string Currency, long Debit, long Credit, long Balance, long Accounts);

/// <summary>GET /v1/trial-balance.</summary>
public static class ReadTrialBalance
{
    internal static void Map(RouteGroupBuilder balance) => balance.MapGet("", Handle).WithName("readTrialBalance")
        .Requires(Role.PayoutOfficer, Role.PayoutApprover, Role.Auditor, Role.PlatformAdministrator);

    /// <summary>Read the trial balance.</summary>
    /// <remarks>Of your organisation's own books; auditors and platform administrators see all books of the operator together.</remarks>
    public static async Task<Ok<TrialBalance>> Handle(Database database, CancellationToken cancel) =>
        TypedResults.Ok(await Read(database, cancel));

    internal static async Task<TrialBalance> Read(Database database, CancellationToken cancel)
    {
        var all = Books.All(database.Actor);
        var rows = await database.List<TrialBalanceRow>($"""
            select a.purpose, a.currency, coalesce(sum(e.amount) filter (where e.amount > 0), 0)::bigint as debit,
                   coalesce(-sum(e.amount) filter (where e.amount < 0), 0)::bigint as credit, coalesce(sum(e.amount), 0)::bigint as balance,
                   count(distinct a.id) as accounts
              from settlement.account a join settlement.entry e on e.account_id = a.id
             where {all} or a.book = {database.Actor.Organisation}
             group by a.purpose, a.currency order by a.purpose, a.currency
            """, cancel);
        var transfers = await database.Value<long>($"""
            select count(*) from settlement.transfer where {all} or book = {database.Actor.Organisation}
            """, cancel);
        return new TrialBalance(
            rows, [.. rows.GroupBy(row => row.Currency).Select(same => new Money(same.Sum(row => row.Balance), same.Key))], transfers);
    }
}

/// <summary>Whose books an actor may read.</summary>
internal static class Books
{
    /// <summary>Auditors and administrators read every book of the operator, everybody else the one of the own organisation.</summary>
    public static bool All(Actor actor) => actor.Roles.Contains(Role.Auditor) || actor.Roles.Contains(Role.PlatformAdministrator);
}
