using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>GET /v1/scope-certificates/{number}/batch-declarations.</summary>
public static class ListBatchDeclarations
{
    internal static void Map(RouteGroupBuilder scopes) =>
        scopes.MapGet("/{number}/batch-declarations", Handle).WithName("listBatchDeclarations").RequiresSignIn();

    /// <summary>List the batches declared under a scope certificate, newest first.</summary>
    /// <param name="number">For example <c>KZ-S-26-0001</c>.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>A household sees its own, the applicant of record, the certification body and the auditor see all. 400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<BatchDeclarationDetails>>, ProblemHttpResult>> Handle(
        string number, HttpContext http, Database database, Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        ArgumentNullException.ThrowIfNull(cursors);
        ArgumentNullException.ThrowIfNull(database);
        if (await Scope.Find(number, database, cancel) is not { } scope)
        {
            return Problems.From(Refusal.NotFound);
        }

        var query = $"batch-declarations {number}";
        if (!cursors.After(query, cursor, out var after))
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var rows = await Read(Sql.Of($"""
            d.scope = {scope.Id}
              and (d.household = {actor.Household} or d.person = {actor.Person} or {actor.Organisation} in (s.applicant, s.issuer)
                   or {actor.Roles.Contains(Role.Auditor)})
              {(after is { } before ? Sql.Of($"and d.id < {before}") : Sql.Of($""))}
            order by d.id desc limit {limit + 1}
            """), database, cancel);
        var page = cursors.Cut(http, rows, limit, query, row => [row.Id.ToString()]);
        return TypedResults.Ok(new Page<BatchDeclarationDetails>([.. page.Items.Select(row => row.Details)], page.Next));
    }

    internal static Task<List<BatchDeclarationRow>> Read(Sql where, Database database, CancellationToken cancel) => database.List<BatchDeclarationRow>($"""
        select d.id, s.number as scope, d.lot, d.household, d.amount, d.unit, d.verdict, d.findings,
               (select c.serial from certification.certificate c where c.declaration = d.id and c.state <> 'replaced') as certificate, d.person, d.recorded_at
          from certification.batch_declaration d join certification.scope s on s.id = d.scope
         where {where}
        """, cancel);
}

internal sealed record BatchDeclarationRow(
    Guid Id, string Scope, LotId Lot, HouseholdId Household, long Amount, string Unit, ResultVerdict Verdict, string Findings, string? Certificate, PersonId Person,
    DateTimeOffset RecordedAt)
{
    public BatchDeclarationDetails Details => new(Id, Scope, Lot, Household, new Quantity(Amount, Unit), Verdict,
        JsonSerializer.Deserialize<List<ResultFinding>>(Findings, Event.Json)!, Certificate, Person, RecordedAt);
}
