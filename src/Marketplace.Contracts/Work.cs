namespace Marketplace.Contracts;

/// <summary>A task to be opened.</summary>
/// <param name="Subject">The thing it is about: an application, a household, an order.</param>
/// <param name="Kind">What is to be done, kebab-case: <c>confirm-household</c>, <c>check-completeness</c>, <c>decide</c>. One open task per subject and kind.</param>
/// <param name="Responsible">The one named person.</param>
/// <param name="Deadline">When it is late.</param>
/// <param name="EscalateToRole">The role whose holder gets it when it is late.</param>
/// <param name="Organisation">Where the person and the next one up are looked for; null when by territory.</param>
/// <param name="Territory">Where the thing is, for the akim's view; the next one up is looked for here and above.</param>
/// <param name="Role">The role that does it: when its person no longer holds that role, the task goes to another holder. Null when the opener does this itself.</param>
public sealed record TaskToOpen(
    Guid Subject, string Kind, PersonId Responsible, DateTimeOffset Deadline, string EscalateToRole, OrganisationId? Organisation,
    TerritoryCode? Territory, string? Role = null);

/// <summary>An open task.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Responsible">Who has it now.</param>
/// <param name="Deadline">When it is late.</param>
/// <param name="PausedAt">Since when its clock stands still; null while it runs.</param>
public sealed record OpenTask(string Kind, PersonId Responsible, DateTimeOffset Deadline, DateTimeOffset? PausedAt);

/// <summary>Calls to Work, in the caller's transaction.</summary>
public interface ITasks
{
    /// <summary>Opens a task.</summary>
    Task Open(TaskToOpen task, CancellationToken cancel);

    /// <summary>Closes the open task of this subject and kind; nothing happens when there is none.</summary>
    Task Close(Guid subject, string kind, CancellationToken cancel);

    /// <summary>Closes every open task of this subject: there is nothing left to do.</summary>
    Task CloseAll(Guid subject, CancellationToken cancel);

    /// <summary>Gives the open task of this subject and kind to another person, with at least a working day left; nothing happens when there is none.</summary>
    Task HandOver(Guid subject, string kind, PersonId to, CancellationToken cancel);

    /// <summary>Stops the clock of every open task of this subject: none is late or escalates until <see cref="Resume"/>.</summary>
    Task Pause(Guid subject, CancellationToken cancel);

    /// <summary>Starts the clocks again; deadlines that were not missed before move by the working time the clock stood.</summary>
    Task Resume(Guid subject, CancellationToken cancel);

    /// <summary>The open tasks of this subject, the earliest deadline first.</summary>
    Task<IReadOnlyList<OpenTask>> Of(Guid subject, CancellationToken cancel);

    /// <summary>The end of a working day some working days later, by the country's calendar.</summary>
    /// <param name="country"><c>KZ</c> or <c>KG</c>.</param>
    /// <param name="days">0 or more; 0 is the end of the same or the next working day.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <param name="from">The instant it is counted from; now by default.</param>
    Task<DateTimeOffset> Deadline(string country, int days, CancellationToken cancel, DateTimeOffset? from = null);
}

/// <summary>A task was late and went to somebody else; the first responsible stays on record.</summary>
public sealed record TaskEscalated(WorkTaskId Task, Guid Subject, string Kind, PersonId From, PersonId To);

/// <summary>A task went to somebody else because its person no longer holds the role; who had it before stays on record.</summary>
public sealed record TaskHandedOver(WorkTaskId Task, Guid Subject, string Kind, PersonId From, PersonId To);
