using System.Globalization;
using Marketplace.Kernel;
using Marketplace.Contracts;

namespace Marketplace.Certification;

/// <summary>State of a scope certificate.</summary>
[DatabaseEnum("certification.scope_state")]
public enum ScopeState
{
    /// <summary>Live: batches may be declared under it.</summary>
    Active,

    /// <summary>Suspended: nothing is declared under it, and its certificates are suspended too.</summary>
    Suspended,

    /// <summary>Withdrawn for good.</summary>
    Withdrawn,

    /// <summary>Its validity is over.</summary>
    Expired,

    /// <summary>A later decision opened the next one for the same production.</summary>
    Replaced,
}

/// <summary>What can happen to a scope certificate.</summary>
internal enum ScopeStep
{
    Suspend,
    Reinstate,
    Withdraw,
    Expire,
    Replace,
}

/// <summary>
/// A scope certificate: what a serial or group scheme grants. It stands for a household's production of a product, or for that of the members
/// in a group's register; each batch of it is declared and certified on its own.
/// </summary>
internal sealed record Scope(
    Guid Id, string Number, CertificationApplicationId Application, string Scheme, int SchemeVersion, SchemeKind Kind, ProductCode Product, string RuleGroup,
    HouseholdId? Household, OrganisationId Applicant, OrganisationId Issuer, DateTimeOffset ValidUntil, ScopeState State, int Version, DateTimeOffset Now)
{
    public static readonly Sql Columns = Sql.Of($"""
        s.id, s.number, s.application, s.scheme, s.scheme_version, s.kind, s.product, s.rule_group, s.household, s.applicant, s.issuer, s.valid_until, s.state,
        s.version, kernel.now() as now
        """);

    /// <summary>The state of <c>s</c> now: validity ends by itself, whenever somebody marks it.</summary>
    public static Sql Shown => Sql.Of($"case when s.state in ('active', 'suspended') and s.valid_until < kernel.now() then 'expired' else s.state end");

    /// <summary>Whether batches may be declared under it now.</summary>
    public bool IsLive => State == ScopeState.Active && ValidUntil > Now;

    /// <summary>The whole life of a scope certificate. A pair that is not listed is not allowed.</summary>
    public static ScopeState? Next(ScopeState state, ScopeStep step) => (state, step) switch
    {
        (ScopeState.Active, ScopeStep.Suspend) => ScopeState.Suspended,
        (ScopeState.Suspended, ScopeStep.Reinstate) => ScopeState.Active,
        (ScopeState.Active or ScopeState.Suspended, ScopeStep.Withdraw) => ScopeState.Withdrawn,
        (ScopeState.Active or ScopeState.Suspended, ScopeStep.Expire) => ScopeState.Expired,
        (ScopeState.Active, ScopeStep.Replace) => ScopeState.Replaced,
        _ => null,
    };

    public static async Task<Scope> Get(Guid id, Database database, CancellationToken cancel) =>
        (await database.Find<Scope>($"select {Columns} from certification.scope s where s.id = {id}", cancel))!;

    public static Task<Scope?> Find(string number, Database database, CancellationToken cancel) =>
        database.Find<Scope>($"select {Columns} from certification.scope s where s.number = {number}", cancel);

    /// <summary>Opens the scope of a granted case whose scheme is not for single batches; the one before for the same production is replaced.</summary>
    /// <returns>Its number; null for a scheme of single batches.</returns>
    public static async Task<Outcome<string?>> Open(SigningCase granted, Database database, CancellationToken cancel)
    {
        if (granted.Kind == SchemeKind.Batch)
        {
            return (string?)null;
        }

        var household = granted.Kind == SchemeKind.Serial ? granted.Household : (HouseholdId?)null;
        if (await database.Find<Scope>($"""
            select {Columns} from certification.scope s
             where s.scheme = {granted.Scheme} and s.product = {granted.Product} and s.state in ('active', 'suspended')
               and coalesce(s.household, s.applicant) = coalesce({household}, {granted.Applicant}) for update
            """, cancel) is { } before)
        {
            if (Next(before.State, ScopeStep.Replace) is not { } replaced)
            {
                return new Refusal("scope-open", "The scope of this production is suspended; settle that first.");
            }

            if (!await before.Move(replaced, "The next scope was granted.", database, cancel))
            {
                return Refusal.ChangedMeanwhile;
            }
        }

        var year = granted.Now.ToOffset(Place.Offset(granted.Country)).Year;
        var count = await CaseWork.NextNumber(string.Create(CultureInfo.InvariantCulture, $"scope-{granted.Country}-{year}"), database, cancel);
        var number = string.Create(CultureInfo.InvariantCulture, $"{granted.Country}-S-{year % 100:D2}-{count:D4}");
        var id = Guid.CreateVersion7();
        await database.Execute($"""
            with opened as (
                insert into certification.scope (id, number, application, scheme, scheme_version, kind, product, rule_group, village, household, applicant, issuer,
                       valid_until)
                select {id}, {number}, {granted.Application}, {granted.Scheme}, {granted.SchemeVersion}, {granted.Kind}, {granted.Product}, {granted.RuleGroup},
                       a.village, {household}, {granted.Applicant}, {granted.Body}, {granted.Now.AddDays(granted.ValidityDays)}
                  from certification.application a where a.id = {granted.Application}
                returning id)
            select kernel.append(id, {nameof(ScopeOpened)}, {Event.Text(new ScopeOpened(id, number, granted.Application))}) from opened
            """, cancel);
        return number;
    }

    /// <summary>Marks those whose validity is over.</summary>
    public static async Task Expire(Database database, CancellationToken cancel)
    {
        foreach (var due in await database.List<Scope>($"""
            select {Columns} from certification.scope s
             where s.state in ('active', 'suspended') and s.valid_until < kernel.now() order by s.id limit 1000 for update skip locked
            """, cancel))
        {
            await due.Move(Next(due.State, ScopeStep.Expire)!.Value, "Validity is over.", database, cancel);
        }
    }

    /// <summary>Moves the state, keeps the reason and appends the event in one statement; false when somebody else moved it first.</summary>
    public async Task<bool> Move(
        ScopeState next, string reason, Database database, CancellationToken cancel, Guid? surveillance = null) => await database.Execute($"""
        with moved as (
            update certification.scope set state = {next}, version = version + 1 where id = {Id} and version = {Version} returning id, state, version),
        kept as (
            insert into certification.scope_change (scope, number, state, reason, surveillance) select id, version - 1, state, {reason}, {surveillance} from moved)
        select kernel.append(id, {nameof(ScopeStateChanged)}, {Event.Text(new ScopeStateChanged(Id, next))}) from moved
        """, cancel) == 1;
}

// The history of a scope's stream.
internal sealed record ScopeOpened(Guid Scope, string Number, CertificationApplicationId Application);

internal sealed record ScopeStateChanged(Guid Scope, ScopeState State);

internal sealed record BatchDeclared(Guid Scope, Guid Declaration, LotId Lot, ResultVerdict Verdict);
