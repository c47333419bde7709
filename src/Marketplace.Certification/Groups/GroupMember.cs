using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>How a household stands in a group's register.</summary>
[DatabaseEnum("certification.member_state")]
public enum MemberState
{
    /// <summary>The group asked it to join.</summary>
    Invited,

    /// <summary>It joined, and waits for the inspection without which its goods are not the group's; once a year again.</summary>
    InspectionDue,

    /// <summary>Member in good standing: its batches may be declared under the group's scope certificates.</summary>
    Member,

    /// <summary>Sanctioned by the group: nothing is declared, and its certificates under the group's scopes are suspended.</summary>
    Sanctioned,

    /// <summary>Declined or left.</summary>
    Left,
}

/// <summary>What can happen to a member.</summary>
internal enum MemberStep
{
    Accept,
    Leave,
    Confirm,
    Sanction,
    Readmit,
}

/// <summary>An inspection of a member by the group itself.</summary>
/// <param name="Number">1, 2, 3 … of the member.</param>
/// <param name="VisitedAt">When.</param>
/// <param name="Accepted">Whether the member keeps the group's rules.</param>
/// <param name="Reason">What that rests on.</param>
/// <param name="Peer">The peer's household, in a participatory guarantee.</param>
/// <param name="Inspector">Who inspected.</param>
/// <param name="Approved">Whether a second person of the group approved it; absent before, and for peers.</param>
/// <param name="ApprovedBy">Who did.</param>
public sealed record MemberInspection(
    int Number, DateTimeOffset VisitedAt, bool Accepted, string Reason, HouseholdId? Peer, PersonId Inspector, bool? Approved, PersonId? ApprovedBy);

/// <summary>A household in a group's register.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Organisation">The group.</param>
/// <param name="Scheme">The group scheme the register is kept for.</param>
/// <param name="Household">The household.</param>
/// <param name="Village">Where it farms.</param>
/// <param name="State">How it stands now.</param>
/// <param name="Version">Row version.</param>
/// <param name="CreatedAt">When it was invited.</param>
/// <param name="Inspections">The group's own inspections, oldest first.</param>
public sealed record GroupMemberDetails(
    Guid Id, OrganisationId Organisation, string Scheme, HouseholdId Household, TerritoryCode Village, MemberState State, int Version, DateTimeOffset CreatedAt,
    IReadOnlyList<MemberInspection> Inspections);

/// <summary>An entry of a group's register.</summary>
internal sealed record GroupMember(
    Guid Id, OrganisationId Organisation, string Scheme, HouseholdId Household, TerritoryCode Village, MemberState State, MemberState Standing, bool ByPeers, int Version,
    DateTimeOffset CreatedAt)
{
    public static readonly Sql Columns = Sql.Of($"""
        m.id, m.organisation, m.scheme, m.household, m.village, m.state, certification.standing(m) as standing, certification.by_peers(m.scheme) as by_peers,
        m.version, m.created_at
        """);

    /// <summary>Registers the actor may read: its group's or household's, those of bodies that certify the group, all for the auditor.</summary>
    public static Sql Visible(Actor actor) => Sql.Of($"""
        (m.organisation = {actor.Organisation} or m.household = {actor.Household} or {actor.Roles.Contains(Role.Auditor)}
         or exists (select from certification.application a where a.applicant = m.organisation and a.scheme = m.scheme and a.body = {actor.Organisation}
                       and a.stage <> 'draft'))
        """);

    /// <summary>The whole life of a member. A pair that is not listed is not allowed.</summary>
    public static MemberState? Next(MemberState state, MemberStep step) => (state, step) switch
    {
        (MemberState.Invited, MemberStep.Accept) => MemberState.InspectionDue,
        (MemberState.Invited or MemberState.InspectionDue or MemberState.Member or MemberState.Sanctioned, MemberStep.Leave) => MemberState.Left,
        (MemberState.InspectionDue, MemberStep.Confirm) => MemberState.Member,
        (MemberState.Member or MemberState.InspectionDue, MemberStep.Sanction) => MemberState.Sanctioned,
        (MemberState.Sanctioned, MemberStep.Readmit) => MemberState.InspectionDue,
        _ => null,
    };

    public Refusal WrongState() => new("wrong-state", $"A member who is {State} does not allow this step.");

    public static Task<GroupMember?> Find(Guid id, Database database, CancellationToken cancel) =>
        database.Find<GroupMember>($"select {Columns} from certification.group_member m where m.id = {id}", cancel);

    public static async Task<Outcome<GroupMemberDetails>> Read(Guid id, Database database, CancellationToken cancel) =>
        await Find(id, database, cancel) is { } member ? await member.Details(database, cancel) : Refusal.NotFound;

    public async Task<GroupMemberDetails> Details(Database database, CancellationToken cancel) => new(
        Id, Organisation, Scheme, Household, Village, Standing, Version, CreatedAt, await database.List<MemberInspection>($"""
            select number, visited_at, accepted, reason, peer, person as inspector, approved, approved_by from certification.member_inspection
             where member = {Id} order by number
            """, cancel));

    /// <summary>Moves the state, keeps the reason and appends the event in one statement; false when somebody else moved it first.</summary>
    public async Task<bool> Move(
        MemberState next, string reason, Database database, CancellationToken cancel, Guid? surveillance = null) => await database.Execute($"""
        with moved as (
            update certification.group_member set state = {next}, version = version + 1 where id = {Id} and version = {Version} returning id, state, version),
        kept as (
            insert into certification.member_change (member, number, state, reason, surveillance) select id, version - 1, state, {reason}, {surveillance} from moved)
        select kernel.append(id, {nameof(MemberStateChanged)}, {Event.Text(new MemberStateChanged(Id, next))}) from moved
        """, cancel) == 1;

    /// <summary>A member whose inspections suffice now becomes one in good standing.</summary>
    public static async Task ConfirmInspected(Guid id, Database database, CancellationToken cancel)
    {
        if (await Find(id, database, cancel) is { } member && Next(member.State, MemberStep.Confirm) is { } next && await database.Value<bool>($"""
            select certification.inspected(m) from certification.group_member m where m.id = {id}
            """, cancel))
        {
            await member.Move(next, "Inspected.", database, cancel);
        }
    }
}

// The history of a member's stream.
internal sealed record MemberInvited(Guid Member, OrganisationId Organisation, string Scheme, HouseholdId Household);

internal sealed record MemberStateChanged(Guid Member, MemberState State);

internal sealed record MemberInspected(Guid Member, int Number, bool Accepted);

internal sealed record MemberInspectionApproved(Guid Member, int Number, bool Approved);

internal sealed record MemberVisited(CertificationApplicationId Application, Guid Member, bool Accepted);
