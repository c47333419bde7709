using Marketplace.Contracts;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Certification;

/// <summary>Schemes, applications, samples, results, decisions, certificates.</summary>
public static class CertificationModule
{
    /// <summary>Adds what the module needs.</summary>
    public static IServiceCollection AddCertification(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<ICertificates, Certificates>();
        services.AddSingleton<PublicCertificates>();
        services.AddSingleton<PublicAddress>();
        services.AddSingleton<DrawSeeds>();
        services.AddHostedService(provider => provider.GetRequiredService<DrawSeeds>());
        services.AddSingleton<HandOverCases>();
        services.AddHostedService(provider => provider.GetRequiredService<HandOverCases>());
        services.AddScoped<CaseDraw>();
        services.AddScoped<HandOver>();
        services.AddScoped<StopGoods>();
        services.AddScoped<IStoppedGoods>(provider => provider.GetRequiredService<StopGoods>());
        services.AddScoped<AppealedDecision>();
        services.Subscribe<DepleteWhenReceived, LotReceived>();
        services.AddScoped<VisitorDraw>();
        services.AddScoped<HoldProduction>();
        services.AddSingleton<ScheduleSurveillance>();
        services.AddHostedService(provider => provider.GetRequiredService<ScheduleSurveillance>());
        services.AddSingleton<CaseClock>();
        services.AddHostedService(provider => provider.GetRequiredService<CaseClock>());
        services.AddSingleton<ExpireCertificates>();
        services.AddHostedService(provider => provider.GetRequiredService<ExpireCertificates>());
        foreach (var (code, sentence) in (ReadOnlySpan<(string, string)>)[
            ("own-work", CaseWork.OwnWork.Sentence),
            ("not-assigned", CaseWork.NotAssigned.Sentence),
            ("conflict-of-interest", CaseWork.ConflictOfInterest.Sentence),
            ("not-qualified", CaseWork.NotQualified.Sentence),
            ("not-accredited", "This certification body is not accredited for this."),
            ("accreditation-known", "An accreditation with this number is recorded already."),
            ("not-drawn", "Nobody is put on a case without a recorded draw."),
            ("draw-not-committed", "The seed of this day was not committed before the draw."),
            ("wrong-stage", "The application is not in a stage that allows this."),
            ("no-scheme", "No such conformity scheme is in force."),
            ("own-proposal", "Somebody else than those who proposed it has to confirm it."),
            ("wrong-steps", "These steps, tests and samples do not make a complete case in its order."),
            ("valid-from-past", "It comes into force today or later."),
            ("scheme-retired", "This version was retired before."),
            ("retired-in-past", "The last day of a version is today or later."),
            ("unknown-indicator", "There is no such indicator."),
            ("limit-unlike-its-kind", "The limit's values do not suit its kind."),
            ("lot-applied-for", "There is an open application for this lot already."),
            ("second-return", "It was returned once; only the quality manager returns it again."),
            ("quality-apart", "The quality manager takes no part in cases of the same month."),
            ("case-paused", "The case is paused; resume it first."),
            ("already-paused", "The case is paused already."),
            ("not-paused", "The case is not paused."),
            ("sample-too-small", "The scheme asks for a larger sample."),
            ("too-few-increments", "The sample is of fewer places than was planned."),
            ("retained-missing", "A part of the sample is kept under its own seal."),
            ("retained-needed", "The retained part may still be needed for a re-test."),
            ("verdict-untrue", "The results do not say that."),
            ("document-rejected", "Somebody said before that this document does not serve."),
            ("submissions-missing", "A submission the scheme requires is missing or no longer counts."),
            ("evaluation-missing", "What the scheme's evaluation asks for is missing: this cannot be granted."),
            ("visit-owed", "More is claimed than is plausible: the place has to be visited."),
            ("count-missing", "More was claimed than is plausible: count the goods on this visit."),
            ("counted-less", "Less was counted than would be granted."),
            ("nonconformity-open", "A non-conformity is open: this can only be refused."),
            ("outcome-findings", "Accept without a major or critical finding; refuse to accept with one."),
            ("correction-overdue", "The term of the correction is over."),
            ("no-correction", "There is no correction to verify."),
            ("plan-in-past", "A visit is agreed for today or later."),
            ("visit-in-future", "A visit cannot have been later than now."),
            ("visit-too-early", "A visit comes after the application was submitted."),
            ("visit-recorded", "This visit was recorded before."),
            ("foreign-lot", "This lot is not of the household, or measured otherwise."),
            ("repeated-lot", "Count each lot once."),
            ("nothing-to-correct", "Nothing is to be corrected here now."),
            ("nothing-to-hold", "No finding of this visit suspends anything, or somebody ruled on it."),
            ("hold-ruled", "Somebody ruled on this before."),
            ("held-back", "The quality manager has to rule on a finding first."),
            ("not-held-back", "A critical finding suspends everything in the same step."),
            ("seal-used", "This seal number was used before."),
            ("sample-in-future", "A sample cannot be taken later than now."),
            ("sample-too-old", "The sample is older than 30 days before the lot is ready."),
            ("retained-too-much", "The retained part is smaller than the sample."),
            ("custody-order", "The chain of custody does not go on that way, or not at that time."),
            ("custody-in-future", "A link of the chain cannot be later than now."),
            ("wrong-laboratory", "The sample goes to another laboratory."),
            ("not-received", SampleUnderTest.NotReceived.Sentence),
            ("sample-void", SampleUnderTest.SampleVoid.Sentence),
            ("analysed-in-future", "An analysis cannot be later than today."),
            ("analysed-before-sampled", "The analysis is older than the sample."),
            ("value-negative", "A value is 0 or more."),
            ("absurd-uncertainty", "The uncertainty is larger than the value itself."),
            ("outside-scope", "The result is outside the laboratory's scope of accreditation."),
            ("nothing-to-appeal", "There is no refusal or suspension to appeal against."),
            ("appeal-open", "An appeal against this is being heard already."),
            ("appeal-decided", "A panel has judged this decision; its judgment is final."),
            ("nothing-to-stay", "Only a suspension that is appealed against is stayed."),
            ("already-voted", "This panelist has voted."),
            ("retest-ordered", "The retained part of this sample was ordered for a re-test before."),
            ("retest-open", "A re-test is under way; decide on its results."),
            ("no-retained-part", "No part of this sample is left for a re-test."),
            ("results-fail", "The results break a limit: this can only be refused."),
            ("results-incomplete", "The results are incomplete: this cannot be granted."),
            ("changed-meanwhile", Refusal.ChangedMeanwhile.Sentence),
            ("too-many-files", "A case has at most 200 files."),
            ("unknown-file", "Attach the file to this case first."),
            ("no-value", "A data item has a value."),
            ("bad-document-dates", "A document is not issued in the future and does not end before it begins."),
            ("veterinary-document-incomplete", "A veterinary document has form, number, issuer, date and external status."),
            ("document-on-file", "This very document is on file; use it."),
            ("superseded-already", "Another document took its place already."),
            ("applicant-not-accepted", "The applicant of record has not accepted this household yet."),
            ("applicants-document", "This document is the applicant's: its own people hand it in."),
            ("foreign-document", "This document is not about this case."),
            ("document-expired", "This document no longer counts."),
            ("already-on-file", "This is on file; use it instead of asking for it again."),
            ("unknown-requirement", "There is no such requirement."),
            ("issuance-stopped", "This certification body may not issue now."),
            ("no-decision", "A certificate is issued by a granting decision only."),
            ("scheme-not-for-product", "This scheme is not for this product."),
            ("dates-wrong", "Validity begins with the decision and ends with the goods."),
            ("label-too-long", "The label is longer than 300 characters."),
            ("member-already", "This household is in the register already."),
            ("own-invitation", "The household itself accepts the invitation."),
            ("not-inspected", "The inspections that a member needs are missing."),
            ("not-a-peer", "Peers of the group from other villages inspect here, or the group's own inspector."),
            ("no-members", "The group's register has no member in good standing."),
            ("not-in-the-sample", "This member was not drawn for a visit."),
            ("member-seen", "This member was visited in this case before."),
            ("members-unseen", "Members of the sample were not visited yet."),
            ("scope-not-live", "The scope does not live now."),
            ("scope-open", "The scope of this production is suspended; settle that first."),
            ("outside-the-scope", "These goods are not of the scope's production."),
            ("lot-declared", "This lot was declared before."),
            ("tests-missing", "A quick test of this batch is missing or too coarse."),
            ("lot-certified", "This lot is certified under this scheme already."),
            ("replacement-open", "A replacement of this certificate waits for its decision."),
            ("above-certified", "A replacement certifies no more than before."),
            ("already-replaced", "This certificate was replaced before."),
            ("revocation-closed", "This revocation was confirmed before."),
            ("wrong-state", "The certificate's state does not allow this step."),
            ("second-person", CaseWork.SecondPerson.Sentence),
            ("key-announced", "The next key is announced already."),
            ("key-too-new", "A key is announced for a day before it is used."),
            ("wrong-key-state", "The key's state does not allow this."),
            ("no-signing-key", SigningKey.NoneSigns.Sentence),
            ("revocation-proposed", "Somebody proposed to revoke this key already.")])
        {
            services.AddSingleton(new ConstraintRefusal(code, sentence));
        }

        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapCertification(this IEndpointRouteBuilder routes)
    {
        var schemes = routes.Noun("/schemes", "Schemes");
        ListSchemes.Map(schemes);
        ShowScheme.Map(schemes);
        CompareSchemes.Map(schemes);
        ReportSchemes.Map(schemes);
        RetireScheme.Map(schemes);
        ConfirmRetirement.Map(routes.Noun("/scheme-retirements", "Schemes"));
        var drafts = routes.Noun("/scheme-drafts", "Schemes");
        ListSchemeDrafts.Map(drafts);
        DraftScheme.Map(drafts);
        ShowSchemeDraft.Map(drafts);
        EditSchemeDraft.Map(drafts);
        CompareSchemeDraft.Map(drafts);
        PublishScheme.Map(drafts);

        ListLimits.Map(routes.Noun("/limits", "Limits"));
        var proposals = routes.Noun("/limit-proposals", "Limits");
        ListLimitProposals.Map(proposals);
        ProposeLimit.Map(proposals);
        ConfirmLimit.Map(proposals);

        var applications = routes.Noun("/applications", "Applications");
        FileApplication.Map(applications);
        ListApplications.Map(applications);
        GetApplication.Map(applications);
        SubmitApplication.Map(applications);
        CheckCompleteness.Map(applications);
        ReviewDocuments.Map(applications);
        PlanEvaluation.Map(applications);
        InspectSite.Map(applications);
        FindNonconformity.Map(applications);
        CorrectNonconformity.Map(applications);
        VerifyCorrection.Map(applications);
        PauseApplication.Map(applications);
        ResumeApplication.Map(applications);
        GetProgress.Map(applications);
        TakeSample.Map(applications);
        EnterResults.Map(applications);
        ApproveResults.Map(applications);
        ReviewApplication.Map(applications);
        DecideApplication.Map(applications);
        WithdrawApplication.Map(applications);
        ReassignApplication.Map(applications);
        AttachFile.Map(applications);
        ListFiles.Map(applications);
        GetFile.Map(applications);
        SubmitDocument.Map(applications);
        ListDocuments.Map(applications);
        RejectDocument.Map(applications);
        ListHouseholdDocuments.Map(routes.Noun("/households", "Applications"));
        ListRequirements.Map(routes.Noun("/requirements", "Schemes"));
        SeeMassBalance.Map(applications);
        GetDraw.Map(applications);
        ListDrawCommitments.Map(routes.Noun("/draw-commitments", "Applications"));

        SeeDecisionTimes.Map(routes.Noun("/statistics", "Statistics"));

        var interests = routes.Noun("/interests", "People of certification");
        DeclareInterest.Map(interests);
        ListInterests.Map(interests);
        var qualifications = routes.Noun("/qualifications", "People of certification");
        GrantQualification.Map(qualifications);
        ConfirmQualification.Map(qualifications);
        WithdrawQualification.Map(qualifications);
        ListQualifications.Map(qualifications);
        var accreditations = routes.Noun("/accreditations", "People of certification");
        RecordAccreditation.Map(accreditations);
        SuspendAccreditation.Map(accreditations);
        ListAccreditations.Map(accreditations);

        ListSamples.Map(applications);
        RecordCustody.Map(routes.Noun("/samples", "Laboratory"));
        OrderRetest.Map(applications);
        ListRetests.Map(applications);
        var retests = routes.Noun("/retests", "Laboratory");
        EnterRetest.Map(retests);
        ApproveRetest.Map(retests);
        ImportResults.Map(routes.Noun("/result-imports", "Laboratory"));
        ListTestOrders.Map(routes.Noun("/test-orders", "Laboratory"));
        var methods = routes.Noun("/laboratory-methods", "Laboratory");
        ListLaboratoryMethods.Map(methods);
        ProposeMethod.Map(methods);
        ConfirmMethod.Map(methods);
        EndMethod.Map(methods);
        var equipment = routes.Noun("/laboratory-equipment", "Laboratory");
        ListEquipment.Map(equipment);
        RecordCalibration.Map(equipment);

        var appeals = routes.Noun("/appeals", "Appeals");
        FileAppeal.Map(appeals);
        ListAppeals.Map(appeals);
        ShowAppeal.Map(appeals);
        AdmitAppeal.Map(appeals);
        StateInAppeal.Map(appeals);
        StaySuspension.Map(appeals);
        ReplacePanelist.Map(appeals);
        VoteOnAppeal.Map(appeals);
        WithdrawAppeal.Map(appeals);

        var certificates = routes.Noun("/certificates", "Certificates");
        ListCertificates.Map(certificates);
        GetCertificate.Map(certificates);
        GetCertificateLabel.Map(certificates);
        GetCertificateDocument.Map(certificates);
        ChangeCertificate.Map(certificates);
        ProposeReplacement.Map(certificates);
        ListReplacements.Map(certificates);
        DecideReplacement.Map(certificates);
        var revocations = routes.Noun("/revocations", "Certificates");
        PrepareRevocation.Map(revocations);
        GetRevocation.Map(revocations);
        ConfirmRevocation.Map(revocations);
        VerifyLabel.Map(routes.Noun("/verifications", "Certificates"));
        GetCredential.Map(certificates);

        var scopes = routes.Noun("/scope-certificates", "Scope certificates");
        ListScopes.Map(scopes);
        GetScope.Map(scopes);
        ChangeScope.Map(scopes);
        DeclareBatch.Map(scopes);
        ListBatchDeclarations.Map(scopes);

        VisitMember.Map(applications);
        MemberSample.Map(applications);
        var members = routes.Noun("/group-members", "Groups");
        ListMembers.Map(members);
        GetMember.Map(members);
        InviteMember.Map(members);
        ChangeMember.Map(members);
        InspectMember.Map(members);

        var visits = routes.Noun("/surveillance-visits", "Surveillance");
        ListSurveillanceVisits.Map(visits);
        GetSurveillanceVisit.Map(visits);
        RecordSurveillance.Map(visits);
        RuleOnHold.Map(visits);
        CorrectFinding.Map(visits);
        VerifyFinding.Map(visits);
        ListRandomPicks.Map(routes.Noun("/surveillance-draws", "Surveillance"));

        var keys = routes.Noun("/issuer-keys", "Keys");
        ListIssuerKeys.Map(keys);
        AnnounceKey.Map(keys);
        ActivateKey.Map(keys);
        RevokeKey.Map(keys);
        GetStatusLists.Map(routes.Noun("/status-lists", "Keys"));
        GetDid.Map(routes);
        SetIssuance.Map(routes.Noun("/issuance", "Certificates"));
    }

    /// <summary>Loads schemes, indicators and limits after the migrations; safe to repeat.</summary>
    /// <param name="ownerConnection">A connection string of the role that owns the schema.</param>
    /// <param name="cancel">Ends the loading; nothing of it stays.</param>
    public static Task LoadReferenceData(string ownerConnection, CancellationToken cancel) => ReferenceData.Load(ownerConnection, cancel);
}
