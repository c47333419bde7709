using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>A value of a quick test, made where the goods are.</summary>
/// <param name="Indicator">Code of the indicator, for example <c>snf</c>.</param>
/// <param name="Unit">The limit's unit, for example <c>% mass</c>; for presence the sample examined.</param>
/// <param name="Method">Instrument or strip, 2 to 100 characters.</param>
/// <param name="Value">The number, 0 or more; may be absent for detected and not detected.</param>
/// <param name="Comparator">How the value stands to the number; <c>equal</c> by default.</param>
public sealed record QuickTest(
    [TextLength(40, MinimumLength = 2)] string Indicator, [TextLength(20, MinimumLength = 1)] string Unit,
    [TextLength(100, MinimumLength = 2)] string Method, [Range(typeof(decimal), "0", "1000000000", ParseLimitsInInvariantCulture = true)] decimal? Value = null,
    ResultComparator Comparator = ResultComparator.Equal);

/// <summary>A batch declared under a scope certificate.</summary>
/// <param name="Lot">The lot; of a household you may act for, of the scope's product.</param>
/// <param name="Values">Quick tests, at most 60, each indicator once; those the scheme asks for in any case.</param>
public sealed record BatchDeclaration(LotId Lot, [MaxLength(60)] IReadOnlyList<QuickTest>? Values = null);

/// <summary>A declared batch.</summary>
/// <param name="Id">The declaration.</param>
/// <param name="Scope">Number of the scope certificate.</param>
/// <param name="Lot">The lot.</param>
/// <param name="Household">Whose it is.</param>
/// <param name="Quantity">What was declared of it.</param>
/// <param name="Verdict"><c>pass</c>, or <c>fail</c> when a quick test breaks a limit: then no certificate was issued.</param>
/// <param name="Findings">How the quick tests stand to today's limits.</param>
/// <param name="Certificate">Serial of the batch's certificate; absent when it failed.</param>
/// <param name="DeclaredBy">Who declared it.</param>
/// <param name="DeclaredAt">When.</param>
public sealed record BatchDeclarationDetails(
    Guid Id, string Scope, LotId Lot, HouseholdId Household, Quantity Quantity, ResultVerdict Verdict, IReadOnlyList<ResultFinding> Findings, string? Certificate,
    PersonId DeclaredBy, DateTimeOffset DeclaredAt);

/// <summary>POST /v1/scope-certificates/{number}/batch-declarations.</summary>
public static class DeclareBatch
{
    internal static void Map(RouteGroupBuilder scopes) =>
        scopes.MapPost("/{number}/batch-declarations", Handle).WithName("declareBatch").InPersonOnly().RequiresSignIn().Moves();

    /// <summary>Declare a batch under a scope certificate; when its quick tests keep the limits, its certificate is issued at once.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    /// <param name="declaration">The batch.</param>
    /// <remarks>A batch that fails is kept on record and its lot stays uncertified. 400 `unknown-indicator`, `repeated-indicator`, `value-missing`,
    /// `wrong-unit`, `tests-missing`; 404 for a lot of a household you may not act for; 409 `scope-not-live`, `outside-the-scope`, `lot-busy`,
    /// `lot-expired`, `nothing-there`, `household-not-active`, `issuance-stopped`.</remarks>
    public static async Task<Results<Created<BatchDeclarationDetails>, ProblemHttpResult>> Handle(
        string number, BatchDeclaration declaration, Database database, ILots lots, IHouseholds households, ILotAccounts accounts, Secrets secrets,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        return Answer.Created(await Declare(number, declaration, database, lots, households, accounts, secrets, cancel),
            made => $"/v1/scope-certificates/{made.Scope}/batch-declarations");
    }

    internal static async Task<Outcome<BatchDeclarationDetails>> Declare(
        string number, BatchDeclaration declaration, Database database, ILots lots, IHouseholds households, ILotAccounts accounts, Secrets secrets,
        CancellationToken cancel)
    {
        if (await Scope.Find(number, database, cancel) is not { } scope || (await lots.Of([declaration.Lot], cancel)).GetValueOrDefault(declaration.Lot) is not { } lot)
        {
            return Refusal.NotFound;
        }

        var acting = await households.ToActFor(lot.Household, cancel);
        if (acting.Refusal is { } stranger)
        {
            return stranger;
        }

        if (await Refuse(scope, lot, acting.Value!, database, cancel) is { } refused)
        {
            return refused;
        }

        List<ResultValue> values = [.. (declaration.Values ?? []).Select(test => new ResultValue(test.Indicator, test.Unit, test.Method, test.Value, test.Comparator))];
        var limits = await LimitsInForce.ForBatch(scope, lot.ReadyOn, database, cancel);
        var known = await database.List<string>($"select code from certification.indicator", cancel);
        if (ResultCheck.Shape(values, limits.Rules, known).FirstOrDefault() is { } problem)
        {
            return problem.Refusal;
        }

        var comparison = limits.Compare([.. values.Select(value => new Measured(value.Indicator, value.Comparator, value.Value, value.Unit))]);
        if (comparison.Findings.FirstOrDefault(finding => finding.Verdict == ResultVerdict.Incomplete) is { } open)
        {
            return Refusal.Invalid("#/values", "tests-missing", $"A quick test of this batch is missing or too coarse: {open.Indicator}.");
        }

        // Where the scheme asks for no quick test the declaration itself is all there is.
        var verdict = comparison.Findings.Any(finding => finding.Verdict == ResultVerdict.Fail) ? ResultVerdict.Fail : ResultVerdict.Pass;
        var id = Guid.CreateVersion7();
        await Write(id, scope, lot, values, verdict, comparison.Findings, database, cancel);
        if (verdict == ResultVerdict.Pass)
        {
            if (await accounts.PutUnderCertification(lot.Id, scope.Application, cancel) is { } busy)
            {
                return busy;
            }

            var issued = await IssueCertificate.Issue(await SigningCase.Of(scope.Application, id, database, cancel), database, accounts, lots, secrets, cancel);
            if (issued.Refusal is { } stopped)
            {
                return stopped;
            }
        }

        return (await ListBatchDeclarations.Read(Sql.Of($"d.id = {id}"), database, cancel)).Single().Details;
    }

    private static async Task<Refusal?> Refuse(Scope scope, LotCard lot, HouseholdCard household, Database database, CancellationToken cancel)
    {
        if (!scope.IsLive)
        {
            return new Refusal("scope-not-live", "The scope does not live now.");
        }

        if (!household.MayDeclare)
        {
            return new Refusal("household-not-active", "The household may not apply while it is not active.");
        }

        if (lot.Ceiling == 0)
        {
            return SubmitApplication.NothingThere;
        }

        // A household that left the applicant of record has nobody who answers for its goods under this scope.
        return lot.Product == scope.Product && household.Applicant == scope.Applicant && await database.Value<bool>($"""
            select certification.in_scope(s, {household.Id}) from certification.scope s where s.id = {scope.Id}
            """, cancel)
            ? null
            : new Refusal("outside-the-scope", "These goods are not of the scope's production.");
    }

    private static Task<int> Write(
        Guid id, Scope scope, LotCard lot, List<ResultValue> values, ResultVerdict verdict, IReadOnlyList<ResultFinding> findings, Database database,
        CancellationToken cancel) => database.Execute($"""
        with declared as (
            insert into certification.batch_declaration (id, scope, lot, household, village, amount, unit, ready_on, expires_on, verdict, findings)
            values ({id}, {scope.Id}, {lot.Id}, {lot.Household}, {lot.Village}, {lot.Ceiling}, {lot.Declared.Unit}, {lot.ReadyOn}, {lot.ExpiresOn},
                    {verdict}, {Event.Text(findings)}) returning id),
        measured as (
            insert into certification.batch_result (declaration, indicator, comparator, value, unit, method)
            select declared.id, one.* from declared, unnest({values.Select(value => value.Indicator).ToArray()},
                   {values.Select(value => value.Comparator).ToArray()}, {values.Select(value => value.Value).ToArray()},
                   {values.Select(value => value.Unit).ToArray()}, {values.Select(value => value.Method).ToArray()}) as one)
        select kernel.append({scope.Id}, {nameof(BatchDeclared)}, {Event.Text(new BatchDeclared(scope.Id, id, lot.Id, verdict))}) from declared
        """, cancel);
}
