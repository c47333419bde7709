using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>One thing to measure.</summary>
/// <param name="Indicator">Code of the indicator.</param>
/// <param name="Method">The accredited method wanted; absent where the laboratory registered none for these goods.</param>
public sealed record TestOrderLine(string Indicator, string? Method);

/// <summary>An order to a laboratory. It names no household: who tests does not need to know whose goods they are.</summary>
/// <param name="Id">The order.</param>
/// <param name="Application">The case.</param>
/// <param name="Sample">The sample.</param>
/// <param name="SealNumber">The seal of the part to be tested.</param>
/// <param name="Retest">The re-test, when it is one.</param>
/// <param name="Product">What it is.</param>
/// <param name="DueAt">When results are expected.</param>
/// <param name="OrderedAt">When it was ordered: at the arrival, or with the re-test.</param>
/// <param name="Done">True when results were entered, or no longer wanted.</param>
/// <param name="Tests">What to measure.</param>
public sealed record TestOrderDetails(
    Guid Id, CertificationApplicationId Application, SampleId Sample, string SealNumber, RetestId? Retest, ProductCode Product, DateTimeOffset DueAt,
    DateTimeOffset OrderedAt, bool Done, IReadOnlyList<TestOrderLine> Tests);

/// <summary>GET /v1/test-orders.</summary>
public static class ListTestOrders
{
    internal static void Map(RouteGroupBuilder orders) =>
        orders.MapGet("", Handle).WithName("listTestOrders").Requires(Role.LaboratoryAnalyst, Role.LaboratorySupervisor);

    /// <summary>List the orders to your laboratory, the most urgent first.</summary>
    /// <param name="all">True lists those done as well.</param>
    /// <param name="limit">1 to 200; 50 by default.</param>
    /// <param name="cursor">From the page before.</param>
    /// <remarks>400 `bad-cursor`.</remarks>
    public static async Task<Results<Ok<Page<TestOrderDetails>>, ProblemHttpResult>> Handle(
        HttpContext http, Database database, Cursors cursors, CancellationToken cancel, bool all = false, [Range(1, Cursors.MostItems)] int limit = 50,
        [TextLength(400)] string? cursor = null)
    {
        var query = $"test-orders {all}";
        DateTimeOffset? due = null;
        Guid? after = null;
        if (cursor is not null)
        {
            if (cursors.Read(query, cursor) is not [var at, var last]
                || !DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var dueAt) || !Guid.TryParse(last, out var id))
            {
                return Problems.From(Cursors.Bad);
            }

            (due, after) = (dueAt, id);
        }

        var rows = await database.List<Row>($"""
            select id, application, sample, seal_number, retest, product, due_at, ordered_at, done from (
                select o.id, o.application, o.sample, case when o.retest is null then s.seal_number else s.retained_seal end as seal_number, o.retest,
                       a.product, o.due_at, o.ordered_at,
                       exists (select from certification.result_entry e where e.sample = o.sample and e.retest is not distinct from o.retest)
                       or certification.is_void(o.sample, case when o.retest is null then 'test' else 'retained' end::certification.sample_part)
                       or o.retest is null and (a.stage <> 'in_laboratory' or o.sample <> certification.lasting_sample(a.id)) as done
                  from certification.test_order o join certification.sample s on s.id = o.sample join certification.application a on a.id = o.application
                 where o.laboratory = {database.Actor.Organisation}) as queue
             where ({all} or not done) {(after is null ? Sql.Of($"") : Sql.Of($"and (due_at, id) > ({due}, {after})"))}
             order by due_at, id limit {limit + 1}
            """, cancel);
        var lines = await database.List<Line>($"""
            select test_order, indicator, method from certification.test_order_line
             where test_order = any({rows.Select(row => row.Id).ToArray()}) order by indicator
            """, cancel);
        var orders = rows.Select(row => new TestOrderDetails(row.Id, row.Application, row.Sample, row.SealNumber, row.Retest, row.Product, row.DueAt,
            row.OrderedAt, row.Done, [.. lines.Where(line => line.TestOrder == row.Id).Select(line => new TestOrderLine(line.Indicator, line.Method))]));
        return TypedResults.Ok(cursors.Cut(http, [.. orders], limit, query,
            order => [order.DueAt.ToString("O", CultureInfo.InvariantCulture), order.Id.ToString()]));
    }

    private sealed record Row(
        Guid Id, CertificationApplicationId Application, SampleId Sample, string SealNumber, RetestId? Retest, ProductCode Product, DateTimeOffset DueAt,
        DateTimeOffset OrderedAt, bool Done);

    private sealed record Line(Guid TestOrder, string Indicator, string? Method);
}

/// <summary>Puts orders into a laboratory's queue.</summary>
internal static class TestOrder
{
    /// <summary>Orders the scheme's required tests of a sample that arrived; nothing happens when it is ordered already.</summary>
    public static async Task Place(CertificationApplication application, SampleId sample, Database database, ITasks tasks, CancellationToken cancel)
    {
        var due = await Due(application, database, tasks, cancel);
        var required = await LimitsInForce.Required(application, database, cancel);
        await Place(application, sample, null, application.Laboratory!.Value, required, due, database, cancel);
    }

    /// <summary>When results ordered now are due, by the scheme's clock.</summary>
    public static async Task<DateTimeOffset> Due(CertificationApplication application, Database database, ITasks tasks, CancellationToken cancel) =>
        await tasks.Deadline(application.Country, await database.Value<int>($"""
            select working_days from certification.scheme_step
             where code = {application.Scheme} and version = {application.SchemeVersion} and task = {CaseTask.Enter}
            """, cancel), cancel);

    /// <summary>Orders these indicators, each by the method the laboratory is accredited for today.</summary>
    public static Task Place(
        CertificationApplication application, SampleId sample, RetestId? retest, OrganisationId laboratory, IReadOnlyList<string> indicators,
        DateTimeOffset due, Database database, CancellationToken cancel) => database.Execute($"""
            with ordered as (
                insert into certification.test_order (id, application, sample, retest, laboratory, due_at)
                values ({Guid.CreateVersion7()}, {application.Id}, {sample}, {retest}, {laboratory}, {due}) on conflict do nothing returning id)
            insert into certification.test_order_line (test_order, indicator, method)
            select ordered.id, wanted, (
                select method from certification.laboratory_method m
                 where m.laboratory = {laboratory} and m.indicator = wanted and {application.RuleGroup} = any(m.rule_groups) and m.accredited
                   and m.confirmed_at is not null and m.ended_at is null and kernel.now()::date between m.valid_from and m.valid_until
                 order by m.id limit 1)
              from ordered, unnest({indicators.ToArray()}) as wanted
            """, cancel);
}
