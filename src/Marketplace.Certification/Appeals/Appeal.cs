using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>What is asked of the panel.</summary>
[DatabaseEnum("certification.appeal_kind")]
public enum AppealKind
{
    /// <summary>The household asks to overturn a refusal or a suspension.</summary>
    Appeal,

    /// <summary>Anybody complains about how a case was worked on.</summary>
    Complaint,
}

/// <summary>Where an appeal stands.</summary>
[DatabaseEnum("certification.appeal_stage")]
public enum AppealStage
{
    /// <summary>Filed; a quality manager without a part in the case says whether it is heard.</summary>
    Filed,

    /// <summary>Heard by a panel of three people outside the case.</summary>
    InHearing,

    /// <summary>The panel agrees: a suspension is lifted, a refused case is judged again without a fee.</summary>
    Upheld,

    /// <summary>The panel disagrees: the decision stands.</summary>
    Rejected,

    /// <summary>Sent back: the case is judged again, by other people.</summary>
    Remitted,

    /// <summary>Not heard, with the reason.</summary>
    Inadmissible,

    /// <summary>Withdrawn by whoever filed it.</summary>
    Withdrawn,
}

/// <summary>What can happen to an appeal.</summary>
internal enum AppealStep
{
    Admit,
    TurnAway,
    Uphold,
    Reject,
    Remit,
    Withdraw,
}

/// <summary>An appeal against a decision, or a complaint about a case.</summary>
internal sealed record Appeal(
    Guid Id, string Number, AppealKind Kind, CertificationApplicationId Application, CertificateId? Certificate, Guid? Scope, OrganisationId Body,
    HouseholdId Household, TerritoryCode Village, string Ground, AppealStage Stage, int Version, PersonId FiledBy, DateTimeOffset FiledAt)
{
    public const string AdmissionTask = "admit-appeal";

    /// <summary>How many people hear an appeal; two of them decide it.</summary>
    public const int PanelSize = 3;

    private static readonly Sql Columns =
        Sql.Of($"id, number, kind, application, certificate, scope, body, household, village, ground, stage, version, filed_by, filed_at");

    /// <summary>One task per panelist: each votes for themselves.</summary>
    public static string VoteTask(int place) => $"vote-on-appeal-{place}";

    /// <summary>The whole life of an appeal. A pair that is not listed is not allowed.</summary>
    public static AppealStage? Next(AppealStage stage, AppealStep step) => (stage, step) switch
    {
        (AppealStage.Filed, AppealStep.Admit) => AppealStage.InHearing,
        (AppealStage.Filed, AppealStep.TurnAway) => AppealStage.Inadmissible,
        (AppealStage.InHearing, AppealStep.Uphold) => AppealStage.Upheld,
        (AppealStage.InHearing, AppealStep.Reject) => AppealStage.Rejected,
        (AppealStage.InHearing, AppealStep.Remit) => AppealStage.Remitted,
        (AppealStage.Filed or AppealStage.InHearing, AppealStep.Withdraw) => AppealStage.Withdrawn,
        _ => null,
    };

    public static Task<Appeal?> Find(Guid id, Database database, CancellationToken cancel) =>
        database.Find<Appeal>($"select {Columns} from certification.appeal where id = {id}", cancel);

    /// <summary>Appeals the actor is heard in: one's own, those of the own household or body, those one is to hear.</summary>
    public static Sql Heard(Actor actor) => Sql.Of($"""
        (filed_by = {actor.Person} or household = {actor.Household} or (body = {actor.Organisation} and {actor.Roles.Contains(Role.QualityManager)})
         or exists (select from certification.panelist p where p.appeal = appeal.id and p.person = {actor.Person} and p.left_at is null))
        """);

    /// <summary>Appeals the actor may see: those one is heard in; all for auditors and the project office.</summary>
    public static Sql Visible(Actor actor) =>
        Sql.Of($"({Heard(actor)} or {actor.Roles.Contains(Role.Auditor) || actor.Roles.Contains(Role.ProjectOfficer)})");

    public static Task<Appeal?> FindVisible(Guid id, Database database, CancellationToken cancel) =>
        database.Find<Appeal>($"select {Columns} from certification.appeal where id = {id} and {Visible(database.Actor)}", cancel);

    /// <summary>The suspended certificate or scope certificate it is about; null for a refusal.</summary>
    public Guid? Suspended => Certificate?.Value ?? Scope;

    public Refusal WrongStage() => new("wrong-stage", $"An appeal in stage {Stage} does not allow this step.");

    /// <summary>Moves the stage and appends the event in one statement; false when somebody else moved it first.</summary>
    public async Task<bool> Move(AppealStage next, Database database, CancellationToken cancel) => await database.Execute($"""
        with moved as (
            update certification.appeal set stage = {next}, version = version + 1 where id = {Id} and version = {Version} returning id)
        select kernel.append(id, {nameof(AppealMoved)}, {Event.Text(new AppealMoved(Id, next))}) from moved
        """, cancel) == 1;

    /// <summary>Closes what anybody still had to do about it.</summary>
    public async Task CloseTasks(ITasks tasks, CancellationToken cancel)
    {
        await tasks.Close(Id, AdmissionTask, cancel);
        for (var place = 1; place <= PanelSize; place++)
        {
            await tasks.Close(Id, VoteTask(place), cancel);
        }
    }

    /// <summary>People of a role who may judge it, in an order anybody can compute again from the seed; the first of the accounts of one human.</summary>
    public async Task<IReadOnlyList<PersonId>> Outsiders(
        string role, OrganisationId? organisation, string seed, Database database, IPeople people, CancellationToken cancel, bool panel = false)
    {
        var holders = (await people.Holding(role, organisation, null, cancel)).ToArray();
        return await database.List<PersonId>($"""
            with drawn as (
                select one.person, encode(sha256(convert_to({seed} || '|' || one.person, 'UTF8')), 'hex') as place from unnest({holders}) as one (person)
                 where certification.may_judge({Id}, one.person) and not ({panel} and certification.admitted_or_judges({Id}, one.person)))
            select person from drawn d
             where not exists (select from drawn o where o.place < d.place and o.person = any (certification.accounts(d.person))) order by place
            """, cancel);
    }
}

internal sealed record AppealFiled(Guid Appeal, CertificationApplicationId Application, AppealKind Kind);

internal sealed record AppealMoved(Guid Appeal, AppealStage Stage);
