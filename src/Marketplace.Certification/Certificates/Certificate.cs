using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>State of a certificate.</summary>
[DatabaseEnum("certification.certificate_state")]
public enum CertificateState
{
    /// <summary>Live: its quantity may be sold.</summary>
    Active,

    /// <summary>Suspended: nothing may leave until reinstated.</summary>
    Suspended,

    /// <summary>Withdrawn for good.</summary>
    Withdrawn,

    /// <summary>Its validity is over.</summary>
    Expired,

    /// <summary>Its quantity is used up.</summary>
    Depleted,

    /// <summary>Replaced by another one.</summary>
    Replaced,
}

/// <summary>What can happen to a certificate.</summary>
internal enum CertificateStep
{
    Suspend,
    Reinstate,
    Withdraw,
    Expire,
    Deplete,
    Replace,
}

/// <summary>A certificate; only its state ever moves.</summary>
internal sealed record Certificate(
    CertificateId Id, string Serial, CertificationApplicationId Application, Guid? Declaration, LotId Lot, HouseholdId Household, OrganisationId Issuer,
    CertificateState State, int Version)
{
    /// <summary>The columns of <c>certification.certificate c</c>, in the order of the members.</summary>
    public static Sql Columns => Sql.Of($"c.id, c.serial, c.application, c.declaration, c.lot, c.household, c.issuer, c.state, c.version");

    /// <summary>The state of <c>c</c> now: validity ends by itself, whenever somebody marks it.</summary>
    public static Sql Shown => Sql.Of($"case when c.state in ('active', 'suspended') and c.valid_until < kernel.now() then 'expired' else c.state end");

    /// <summary>The whole life of a certificate. A pair that is not listed is not allowed.</summary>
    public static CertificateState? Next(CertificateState state, CertificateStep step) => (state, step) switch
    {
        (CertificateState.Active, CertificateStep.Suspend) => CertificateState.Suspended,
        (CertificateState.Suspended, CertificateStep.Reinstate) => CertificateState.Active,
        (CertificateState.Active or CertificateState.Suspended, CertificateStep.Withdraw) => CertificateState.Withdrawn,
        (CertificateState.Active or CertificateState.Suspended, CertificateStep.Expire) => CertificateState.Expired,
        (CertificateState.Active, CertificateStep.Deplete) => CertificateState.Depleted,
        (CertificateState.Active, CertificateStep.Replace) => CertificateState.Replaced,
        _ => null,
    };

    public static async Task<Certificate> Get(CertificateId id, Database database, CancellationToken cancel) =>
        (await database.Find<Certificate>($"select {Columns} from certification.certificate c where c.id = {id}", cancel))!;

    /// <summary>The certificate, if the actor's organisation issued it.</summary>
    public static Task<Certificate?> FindIssued(string serial, Database database, CancellationToken cancel) => database.Find<Certificate>($"""
        select {Columns} from certification.certificate c where c.serial = {serial} and c.issuer = {database.Actor.Organisation}
        """, cancel);

    /// <summary>The refusal of a step that the state does not allow.</summary>
    public Refusal WrongState() => new("wrong-state", $"A certificate that is {State} does not allow this step.");

    /// <summary>Moves the state, keeps the reason and appends the event in one statement; false when somebody else moved it first.</summary>
    public async Task<bool> Move(CertificateState next, string reason, Database database, CancellationToken cancel) => await database.Execute($"""
        with moved as (
            update certification.certificate set state = {next}, version = version + 1 where id = {Id} and version = {Version}
            returning id, state, version),
        kept as (
            insert into certification.certificate_change (certificate, number, state, reason)
            select id, version - 1, state, {reason} from moved)
        select kernel.append(id, {nameof(CertificateStateChanged)}, {Event.Text(new CertificateStateChanged(Id, Lot, next.ToString().ToLowerInvariant()))})
          from moved
        """, cancel) == 1;
}

/// <summary>Answers other modules' questions.</summary>
internal sealed class Certificates(Database database) : ICertificates
{
    public async Task<IReadOnlyList<CertificateCard>> LiveFor(IReadOnlyCollection<LotId> lots, DateTimeOffset at, CancellationToken cancel) =>
        await database.List<CertificateCard>($"""
            select id, serial, lot, scheme, valid_until from certification.certificate
             where lot = any({lots.ToArray()}) and state = 'active' and valid_from <= {at} and valid_until >= {at} order by lot, id
            """, cancel);

    public async Task<LotId?> LotOf(string serial, CancellationToken cancel) =>
        await database.List<LotId>($"select lot from certification.certificate where serial = {serial}", cancel) is [var lot] ? lot : null;
}
