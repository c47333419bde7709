using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Work.Tasks;

/// <summary>An open task.</summary>
/// <param name="Id">The task.</param>
/// <param name="Subject">The thing it is about: an application, a household, an order.</param>
/// <param name="Kind">What is to be done, for example <c>confirm-household</c>.</param>
/// <param name="Responsible">The one named person.</param>
/// <param name="FirstResponsible">Who had it first.</param>
/// <param name="Territory">Where the thing is.</param>
/// <param name="OpenedAt">When it was opened.</param>
/// <param name="Deadline">When it is late.</param>
/// <param name="Late">True after the deadline, never while paused.</param>
/// <param name="Escalated">How often it went to somebody else because it was late; 0 or more.</param>
/// <param name="PausedAt">Since when its clock stands still; absent while it runs.</param>
public sealed record TaskDetails(
    WorkTaskId Id, Guid Subject, string Kind, PersonId Responsible, PersonId FirstResponsible, TerritoryCode? Territory, DateTimeOffset OpenedAt,
    DateTimeOffset Deadline, bool Late, int Escalated, DateTimeOffset? PausedAt);

/// <summary>Lists open tasks.</summary>
public static class ListTasks
{
    internal static void Map(RouteGroupBuilder tasks) => tasks.MapGet("", Handle).WithName("listTasks").RequiresSignIn();

    /// <summary>List open tasks, the earliest deadline first.</summary>
    /// <remarks>400 `bad-cursor` when the cursor is of another query.</remarks>
    /// <param name="scope">Whose: `mine` (the default), those of your `organisation`, or those in your `territory` of duty.</param>
    /// <param name="late">True for late ones only.</param>
    /// <param name="kind">Only this kind, for example `confirm-household`.</param>
    /// <param name="limit">Entries of a page, 1 to 200; 50 by default.</param>
    /// <param name="cursor">Continues an earlier page.</param>
    public static async Task<Results<Ok<Page<TaskDetails>>, ProblemHttpResult>> Handle(
        [RegularExpression("^(mine|organisation|territory)$")] string? scope, bool? late, [TextLength(50, MinimumLength = 2)] string? kind,
        string? cursor, HttpContext http, Database database,
        Cursors cursors, CancellationToken cancel, [Range(1, Cursors.MostItems)] int limit = 50)
    {
        var name = $"tasks {scope} {late} {kind}";
        var after = cursor is null ? [DateTimeOffset.UnixEpoch.ToString("O"), Guid.Empty.ToString()] : cursors.Read(name, cursor);
        if (after is null)
        {
            return Problems.From(Cursors.Bad);
        }

        var actor = database.Actor;
        var whose = scope switch
        {
            "organisation" => Sql.Of($"organisation = {actor.Organisation}"),
            "territory" => Sql.Of($"territory_path @> array[{actor.Territory}]::text[]"),
            _ => Sql.Of($"responsible = {actor.Person}"),
        };
        var overdue = late is true ? Sql.Of($"and deadline <= kernel.now() and paused_at is null") : Sql.Of($"");
        var only = kind is null ? Sql.Of($"") : Sql.Of($"and kind = {kind}");
        var rows = await database.List<TaskDetails>($"""
            select id, subject, kind, responsible, first_responsible, territory, opened_at, deadline,
                   deadline <= kernel.now() and paused_at is null as late, escalated, paused_at
              from work.task
             where closed_at is null and {whose} {overdue} {only}
               and (deadline, id) > ({DateTimeOffset.Parse(after[0], CultureInfo.InvariantCulture)}, {Guid.Parse(after[1])})
             order by deadline, id limit {limit + 1}
            """, cancel);
        return TypedResults.Ok(cursors.Cut(http, rows, limit, name, row => [row.Deadline.ToString("O"), row.Id.ToString()]));
    }
}
