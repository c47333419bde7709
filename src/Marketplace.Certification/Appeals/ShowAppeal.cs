using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Certification;

/// <summary>What somebody said in an appeal.</summary>
/// <param name="Person">Who.</param>
/// <param name="Text">What.</param>
/// <param name="RecordedAt">When.</param>
public sealed record AppealStatement(PersonId Person, string Text, DateTimeOffset RecordedAt);

/// <summary>A panelist's opinion.</summary>
/// <param name="Person">The panelist.</param>
/// <param name="Outcome"><c>upheld</c>, <c>rejected</c> or <c>remitted</c>.</param>
/// <param name="Reason">Why.</param>
/// <param name="RecordedAt">When.</param>
public sealed record AppealOpinion(PersonId Person, AppealStage Outcome, string Reason, DateTimeOffset RecordedAt);

/// <summary>An appeal with everything said in it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Number">Its number, for example <c>P-00012</c>.</param>
/// <param name="Kind">Appeal or complaint.</param>
/// <param name="Application">The case it is about.</param>
/// <param name="Certificate">The certificate or scope certificate it is about, when there is one.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Ground">Why it was filed.</param>
/// <param name="FiledBy">By whom.</param>
/// <param name="FiledAt">When.</param>
/// <param name="EndedAt">When it ended; absent while it is open.</param>
/// <param name="Admission">Why it is heard or not; absent until said.</param>
/// <param name="Stay">Why the suspension rests while the appeal lasts; absent unless that was ordered.</param>
/// <param name="Until">When the next step is due; absent when it is over.</param>
/// <param name="Panel">Who hears it now, three people; empty before.</param>
/// <param name="Seed">The panel's draw: people of the role without a part in the case, by SHA-256 of <c>seed|person</c>.</param>
/// <param name="Statements">What both sides and the panel put on file, in order.</param>
/// <param name="Opinions">The panel's votes; seen once the appeal is decided.</param>
/// <param name="Rehearing">The new case in which it is judged again.</param>
public sealed record AppealDetails(
    Guid Id, string Number, AppealKind Kind, CertificationApplicationId Application, string? Certificate, AppealStage Stage, string Ground, PersonId FiledBy,
    DateTimeOffset FiledAt, DateTimeOffset? EndedAt, string? Admission, string? Stay, DateTimeOffset? Until, IReadOnlyList<PersonId> Panel, string? Seed,
    IReadOnlyList<AppealStatement> Statements, IReadOnlyList<AppealOpinion> Opinions, CertificationApplicationId? Rehearing)
{
    internal static async Task<AppealDetails> Of(Appeal appeal, Database database, CancellationToken cancel)
    {
        var more = (await database.Find<More>($"""
            select coalesce(c.serial, s.number) as serial, y.reason as stay, a.ended_at, o.reason as admission, a.seed, r.id as rehearing,
                   (select min(deadline) from work.public_task t where t.subject = a.id and t.closed_at is null) as until
              from certification.appeal a
              left join certification.certificate c on c.id = a.certificate
              left join certification.scope s on s.id = a.scope
              left join certification.appeal_stay y on y.appeal = a.id
              left join certification.appeal_admission o on o.appeal = a.id
              left join certification.application r on r.appeal = a.id
             where a.id = {appeal.Id}
            """, cancel))!;
        var panel = await database.List<PersonId>($"select person from certification.panelist where appeal = {appeal.Id} and left_at is null order by place", cancel);
        var statements = await database.List<AppealStatement>($"""
            select person, text, recorded_at from certification.appeal_statement where appeal = {appeal.Id} order by number
            """, cancel);
        // A vote is not shown while others have still to vote.
        var opinions = appeal.Stage == AppealStage.InHearing ? [] : await database.List<AppealOpinion>($"""
            select person, outcome, reason, recorded_at from certification.appeal_vote where appeal = {appeal.Id} order by recorded_at
            """, cancel);
        return new AppealDetails(
            appeal.Id, appeal.Number, appeal.Kind, appeal.Application, more.Serial, appeal.Stage, appeal.Ground, appeal.FiledBy, appeal.FiledAt,
            more.EndedAt, more.Admission, more.Stay, more.Until, panel, more.Seed, statements, opinions, more.Rehearing);
    }

    private sealed record More(
        string? Serial, string? Stay, DateTimeOffset? EndedAt, string? Admission, string? Seed, CertificationApplicationId? Rehearing, DateTimeOffset? Until);
}

/// <summary>GET /v1/appeals/{id}.</summary>
public static class ShowAppeal
{
    internal static void Map(RouteGroupBuilder appeals) => appeals.MapGet("/{id:guid}", Handle).WithName("showAppeal").RequiresSignIn();

    /// <summary>Read an appeal: your own, your household's, one you are to hear, or one of your body.</summary>
    public static async Task<Results<Ok<AppealDetails>, ProblemHttpResult>> Handle(Guid id, Database database, CancellationToken cancel) =>
        Answer.Ok(await Show(id, database, cancel));

    internal static async Task<Outcome<AppealDetails>> Show(Guid id, Database database, CancellationToken cancel) =>
        await Appeal.FindVisible(id, database, cancel) is { } appeal ? await AppealDetails.Of(appeal, database, cancel) : Refusal.NotFound;
}
