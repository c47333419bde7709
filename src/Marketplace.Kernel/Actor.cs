namespace Marketplace.Kernel;

/// <summary>Who acts: the person behind the request, with what the session or key grants.</summary>
/// <param name="Tenant">The operator of the platform whose rows the actor sees.</param>
/// <param name="Person">The person; null for the system itself and for the public.</param>
/// <param name="Roles">Role names granted to this session or key.</param>
/// <param name="Organisation">The organisation acted for, when there is one.</param>
/// <param name="Household">The person's own household, when there is one.</param>
/// <param name="Territory">The territory of duty, when the roles are bound to one.</param>
/// <param name="Credential">The session or key, checked to be live inside the first statement of every unit of work.</param>
/// <param name="SteppedUpAt">When a second factor was last shown; null when never.</param>
/// <param name="Stamp">The state of the person's rights when the actor was read; a later change makes the unit of work start again.</param>
/// <param name="PlainKey">True for an organisation's API key that is not a test key: it never decides, signs or pays.</param>
/// <param name="Sandbox">True for test keys of a sandbox tenant.</param>
public sealed record Actor(
    string Tenant,
    Guid? Person,
    IReadOnlySet<string> Roles,
    Guid? Organisation = null,
    Guid? Household = null,
    string? Territory = null,
    Guid? Credential = null,
    DateTimeOffset? SteppedUpAt = null,
    int Stamp = 0,
    bool Sandbox = false,
    bool PlainKey = false)
{
    private static readonly IReadOnlySet<string> NoRoles = new HashSet<string>();

    /// <summary>The household somebody else acts for in this unit of work; both identities are on every event.</summary>
    public Guid? ActingFor { get; init; }

    /// <summary>The system itself at work for a tenant: dispatcher, escalation, seeding.</summary>
    public static Actor System(string tenant) => new(tenant, null, NoRoles);

    /// <summary>Anybody, with no session.</summary>
    public static Actor Public(string tenant) => new(tenant, null, NoRoles);
}

/// <summary>Holds the actor of the current request or delivery.</summary>
public sealed class CurrentActor
{
    /// <summary>The actor; the public of no tenant until sign-in has run.</summary>
    public Actor Value { get; set; } = Actor.Public("");
}
