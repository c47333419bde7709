using Marketplace.Contracts;
using Marketplace.Kernel;

namespace Marketplace.Certification;

/// <summary>Kinds of the tasks of a case; the same words as the steps of a scheme.</summary>
internal static class CaseTask
{
    public const string Complete = "complete-application";
    public const string Check = "check-completeness";
    public const string Documents = "review-documents";
    public const string Plan = "plan-evaluation";
    public const string Inspect = "inspect-site";
    public const string Correct = "correct-nonconformity";
    public const string Verify = "verify-correction";
    public const string PlanCorrection = "plan-correction";
    public const string Sample = "take-sample";
    public const string Enter = "enter-results";
    public const string Approve = "approve-results";
    public const string Review = "review-application";
    public const string Decide = "decide-application";

    /// <summary>What a stage waits for; null for stages that pass at once and for those that are the end.</summary>
    public static string? Of(CertificationStage stage) => stage switch
    {
        CertificationStage.Submitted => Check,
        CertificationStage.ReturnedIncomplete => Complete,
        CertificationStage.DocumentReview => Documents,
        CertificationStage.EvaluationPlanned => Plan,
        CertificationStage.Inspection => Inspect,
        CertificationStage.Sampling => Sample,
        CertificationStage.InLaboratory => Enter,
        CertificationStage.NonconformityOpen => Correct,
        CertificationStage.Review => Review,
        CertificationStage.Decision => Decide,
        _ => null,
    };

    /// <summary>The part that does a task.</summary>
    public static CasePart? PartOf(string task) => task switch
    {
        Check => CasePart.Intake,
        Documents => CasePart.DocumentReviewer,
        Plan or Inspect or Sample => CasePart.Sampler,
        Enter => CasePart.Analyst,
        Approve => CasePart.Supervisor,
        Review => CasePart.Reviewer,
        Decide => CasePart.DecisionMaker,
        _ => null,
    };
}

/// <summary>Who has a case now: one open task with one named person and a deadline from the scheme's clock.</summary>
internal static class CaseWork
{
    public static readonly Refusal OwnWork = new("own-work", "You already have another part in this case.");
    public static readonly Refusal ConflictOfInterest = new("conflict-of-interest", "There is a declared interest in this case; another person has to act.");
    public static readonly Refusal NotQualified = new("not-qualified", "This person is not qualified for this part of the scheme here.");
    public static readonly Refusal SecondPerson = new("second-person", "A second person has to confirm this.");
    public static readonly Refusal NotAssigned = new("not-assigned", "This step is assigned to somebody else.");

    /// <summary>Closes what was open and hands the case to the next person, until the scheme's clock for the task or a deadline of its own.</summary>
    public static async Task Hand(
        CertificationApplication application, string[] close, string? open, PersonId? to, Database database, ITasks tasks, CancellationToken cancel,
        DateTimeOffset? until = null)
    {
        foreach (var task in close)
        {
            await tasks.Close(application.Id.Value, task, cancel);
        }

        if (open is not null)
        {
            var deadline = until ?? await tasks.Deadline(application.Country, await database.Value<int>($"""
                select coalesce((select working_days from certification.scheme_step
                                  where code = {application.Scheme} and version = {application.SchemeVersion} and task = {open}),
                                case when {open} = {CaseTask.Inspect} then (certification.watch_rule_now()).visit_days end, 0)
                """, cancel), cancel);
            await tasks.Open(new TaskToOpen(application.Id.Value, open, to!.Value, deadline, Role.QualityManager, application.Body, application.Village), cancel);
        }
    }

    /// <summary>
    /// Moves a case to the stage the table names, past every stage whose step the scheme lacks or that is done already, and hands it to whom it
    /// then waits for; false when somebody else moved it first.
    /// </summary>
    public static async Task<bool> GoOn<TEvent>(
        CertificationApplication application, CertificationStage next, Sql also, TEvent happened, string[] close, Database database, ITasks tasks,
        CancellationToken cancel, DateTimeOffset? correctedBy = null)
    {
        var left = await database.List<string>($"""
            select task from (
                select task from certification.scheme_step where code = {application.Scheme} and version = {application.SchemeVersion}
                 union select {CaseTask.Inspect} where certification.visit_owed({application.Id})) as step
             where not certification.done({application.Id}, task)
            """, cancel);
        while (CertificationApplication.Next(next, CertificationStep.Skip) is { } after && !left.Contains(CaseTask.Of(next)!))
        {
            next = after;
        }

        if (!await application.Move(next, also, happened, database, cancel))
        {
            return false;
        }

        var task = CaseTask.Of(next)!;
        var to = CaseTask.PartOf(task) is { } part ? application.Assigned(part) : application.FiledBy;
        await Hand(application, close, task, to, database, tasks, cancel, task == CaseTask.Correct ? correctedBy : null);
        return true;
    }

    /// <summary>What a case waits for, whose part that is and who has it; null for a draft and when it is over.</summary>
    public static async Task<CaseHolder?> Now(CertificationApplication application, Database database, CancellationToken cancel)
    {
        if (await CurrentTask(application, database, cancel) is not { } task)
        {
            return null;
        }

        var part = CaseTask.PartOf(task) ?? (task == CaseTask.Verify
            ? await database.Value<CasePart>($"""
                select part from certification.nonconformity_now
                 where application = {application.Id} and severity = 'major' and pending order by number limit 1
                """, cancel)
            : CasePart.Producer);
        return new CaseHolder(task, part, part == CasePart.Producer ? application.FiledBy : application.Assigned(part));
    }

    /// <summary>The kind of the one open task of a case.</summary>
    public static async Task<string?> CurrentTask(CertificationApplication application, Database database, CancellationToken cancel) =>
        application.Stage switch
        {
            CertificationStage.InLaboratory => await database.Value<string>($"""
                select case when certification.is_void(sample, 'test') then {CaseTask.Sample}
                            when exists (select from certification.result_entry e where e.sample = last.sample) then {CaseTask.Approve}
                            else {CaseTask.Enter} end
                  from (select certification.lasting_sample({application.Id}) as sample) as last
                """, cancel),
            // The producer has the case while a major one waits for its correction, the finder when each has one.
            CertificationStage.NonconformityOpen => await database.Value<string>($"""
                select case when bool_or(not pending) then {CaseTask.Correct} else {CaseTask.Verify} end
                  from certification.nonconformity_now where application = {application.Id} and severity = 'major' and not settled
                """, cancel),
            _ => CaseTask.Of(application.Stage),
        };

    /// <summary>The next number of a kind in this tenant. Holds the counter's row until commit: call it late.</summary>
    public static Task<long> NextNumber(string kind, Database database, CancellationToken cancel) => database.Value<long>($"""
        insert into certification.numbering as counter (kind, last) values ({kind}, 1)
            on conflict (tenant_id, kind) do update set last = counter.last + 1 returning last
        """, cancel);
}

/// <summary>Who has a case.</summary>
internal sealed record CaseHolder(string Task, CasePart Part, PersonId? Person);

// Steps without a contract of their own: history, for the audit trail.
internal sealed record ApplicationDrafted(CertificationApplicationId Application, LotId Lot);

internal sealed record ApplicationReturned(CertificationApplicationId Application, int Missing);

internal sealed record ApplicationAccepted(CertificationApplicationId Application, string Seed);

internal sealed record DocumentsReviewed(CertificationApplicationId Application, bool Accepted);

internal sealed record EvaluationPlanned(CertificationApplicationId Application, bool Visit);

internal sealed record SiteInspected(CertificationApplicationId Application, bool Accepted);

internal sealed record NonconformityFound(CertificationApplicationId Application, NonconformitySeverity Severity);

internal sealed record NonconformityCorrected(CertificationApplicationId Application, int Nonconformity);

internal sealed record CorrectionVerified(CertificationApplicationId Application, int Nonconformity, bool Accepted);

internal sealed record CorrectionLapsed(CertificationApplicationId Application);

internal sealed record ApplicationPaused(CertificationApplicationId Application, PauseReason Reason);

internal sealed record ApplicationResumed(CertificationApplicationId Application);

internal sealed record ApplicationExpired(CertificationApplicationId Application);

internal sealed record SampleTaken(CertificationApplicationId Application, SampleId Sample, DateTimeOffset TakenAt);

internal sealed record CustodyRecorded(CertificationApplicationId Application, SampleId Sample, SamplePart Part, CustodyAct Act, bool? SealIntact);

internal sealed record ResultsEntered(CertificationApplicationId Application, int Entry, string? FileHash = null);

internal sealed record ResultsApproved(CertificationApplicationId Application, int Entry, ResultVerdict Verdict);

internal sealed record ApplicationReviewed(CertificationApplicationId Application, bool RecommendGrant);

internal sealed record ApplicationWithdrawn(CertificationApplicationId Application);

internal sealed record ApplicationReassigned(CertificationApplicationId Application, CasePart Part, PersonId Person);
