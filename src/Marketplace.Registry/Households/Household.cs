using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Registry.Households;

/// <summary>Where a household stands.</summary>
[DatabaseEnum("registry.household_stage")]
public enum HouseholdStage
{
    /// <summary>Waits for the rural district.</summary>
    PendingVerification,

    /// <summary>Its national number is known already: an officer decides whether it is the same person.</summary>
    MergeReview,

    /// <summary>Sent back with a list of what is missing; lapses after 30 days.</summary>
    Returned,

    /// <summary>Was not sent again in time.</summary>
    Lapsed,

    /// <summary>The rural district was silent for five working days: may declare lots, is not asked to fill orders.</summary>
    ActiveUnconfirmed,

    /// <summary>Confirmed.</summary>
    Active,

    /// <summary>Ended, or a second registration of somebody known.</summary>
    Closed,
}

/// <summary>What can happen to a household.</summary>
internal enum HouseholdStep
{
    KeepSeparate,
    Merge,
    Confirm,
    Return,
    Resubmit,
    FindDuplicate,
    PassInSilence,
    Lapse,
}

/// <summary>A household farm, from registration on.</summary>
internal sealed record Household(
    HouseholdId Id, string Number, PersonId Head, PersonId RegisteredBy, TerritoryCode Village, string Country, string Language,
    HouseholdStage Stage, int Version, string[] Path)
{
    /// <summary>The whole life of a household. A pair that is not listed is not allowed.</summary>
    public static HouseholdStage? Next(HouseholdStage stage, HouseholdStep step) => (stage, step) switch
    {
        (HouseholdStage.MergeReview, HouseholdStep.KeepSeparate) => HouseholdStage.PendingVerification,
        (HouseholdStage.MergeReview, HouseholdStep.Merge) => HouseholdStage.Closed,
        (HouseholdStage.PendingVerification or HouseholdStage.ActiveUnconfirmed, HouseholdStep.Confirm) => HouseholdStage.Active,
        (HouseholdStage.PendingVerification or HouseholdStage.ActiveUnconfirmed, HouseholdStep.Return) => HouseholdStage.Returned,
        (HouseholdStage.Returned, HouseholdStep.Resubmit) => HouseholdStage.PendingVerification,
        (HouseholdStage.Returned, HouseholdStep.FindDuplicate) => HouseholdStage.MergeReview,
        (HouseholdStage.PendingVerification, HouseholdStep.PassInSilence) => HouseholdStage.ActiveUnconfirmed,
        (HouseholdStage.Returned, HouseholdStep.Lapse) => HouseholdStage.Lapsed,
        _ => null,
    };

    /// <summary>May declare lots, to be confirmed or not.</summary>
    public static bool MayDeclare(HouseholdStage stage) => stage is HouseholdStage.Active or HouseholdStage.ActiveUnconfirmed;

    public static Refusal WrongStage => new("wrong-stage", "The household's stage does not allow this.");

    /// <summary>The household, if the actor's territory of duty lies above its village; a project officer without one has every territory.</summary>
    public static Task<Household?> InDutyOf(Database database, HouseholdId id, CancellationToken cancel)
    {
        var actor = database.Actor;
        var everywhere = actor.Territory is null && actor.Roles.Contains(Role.ProjectOfficer);
        return database.Find<Household>($"""
            select h.id, h.number, h.head, h.registered_by, h.village, h.country, h.language, h.stage, h.version, t.path
              from registry.household h join registry.territory t on t.code = h.village
             where h.id = {id} and ({everywhere} or t.path @> array[{actor.Territory}]::text[])
            """, cancel);
    }
}

/// <summary>The officer who answers for households of a place: the okrug's akim, else the district's, else the project office.</summary>
internal sealed class Officers(IPeople people)
{
    /// <summary>The person a task about this place goes to; null only while nobody at all holds an office.</summary>
    public async Task<PersonId?> For(string[] path, IReadOnlyCollection<PersonId> not, CancellationToken cancel)
    {
        foreach (var role in (string[])[Role.OkrugAkim, Role.DistrictOfficer])
        {
            foreach (var code in path.Reverse())
            {
                if (First(await people.Holding(role, null, TerritoryCode.From(code), cancel), not) is { } officer)
                {
                    return officer;
                }
            }
        }

        return First(await people.Holding(Role.ProjectOfficer, null, null, cancel), not)
            ?? First(await people.Holding(Role.PlatformAdministrator, null, null, cancel), not);
    }

    private static PersonId? First(IReadOnlyList<PersonId> people, IReadOnlyCollection<PersonId> not)
    {
        foreach (var person in people)
        {
            if (!not.Contains(person))
            {
                return person;
            }
        }

        return null;
    }
}

/// <summary>Puts a waiting household before the officer of its place.</summary>
internal sealed class Verification(Database database, Officers officers, ITasks tasks)
{
    public const string Confirm = "confirm-household";
    public const string Review = "review-merge";
    private const int DaysToAnswer = 3;
    private const int DaysOfSilence = 5;

    /// <summary>Opens the task of the stage and sets when silence lets the household pass.</summary>
    public async Task Await(Household household, CancellationToken cancel)
    {
        var officer = await officers.For(household.Path, [household.Head, household.RegisteredBy], cancel);
        if (household.Stage == HouseholdStage.PendingVerification)
        {
            var silent = await tasks.Deadline(household.Country, DaysOfSilence, cancel);
            await database.Execute($"update registry.household set silent_until = {silent} where id = {household.Id}", cancel);
        }

        if (officer is { } responsible)
        {
            await tasks.Open(new TaskToOpen(
                household.Id.Value, household.Stage == HouseholdStage.MergeReview ? Review : Confirm, responsible,
                await tasks.Deadline(household.Country, DaysToAnswer, cancel), Role.DistrictOfficer, null, household.Village, Role.OkrugAkim), cancel);
        }
    }
}
