using Marketplace.Contracts;
using Marketplace.Identity.People;
using Marketplace.Identity.SecondFactors;
using Marketplace.Identity.Sessions;
using Marketplace.Kernel;
using Marketplace.Kernel.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Identity;

/// <summary>Sign-in, people, roles and keys.</summary>
public static class IdentityModule
{
    /// <summary>Registers the module; also the authentication and authorisation of the whole API.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddValidation();
        services.AddScoped<IPeople, PeopleQuestions>();
        services.Subscribe<MoveDutiesWhenMerged, TerritoriesMerged>();
        services.AddSingleton<CredentialCache>();
        services.AddSingleton<ICredentialCache>(provider => provider.GetRequiredService<CredentialCache>());
        foreach (var (code, sentence) in (ReadOnlySpan<(string, string)>)[
            ("identity-unknown", "Whoever decides is known by national number; add it to the person first."),
            ("not-a-sandbox", "Test keys live in sandbox tenants only."),
            ("own-rights", InviteToEnrol.OwnRights.Sentence),
            ("second-person", AnswerProposal.SecondPerson.Sentence),
            ("wrong-factor-code", "The code is wrong or was used; wait for the next one.")])
        {
            services.AddSingleton(new ConstraintRefusal(code, sentence));
        }

        services.AddAuthentication(BearerToken.Scheme).AddScheme<AuthenticationSchemeOptions, BearerToken>(BearerToken.Scheme, null);
        services.AddSingleton<IAuthorizationHandler, FreshStepUpHandler>();
        services.AddSingleton<IAuthorizationHandler, ActsInPersonHandler>();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build())
            .AddPolicy(Routes.InPerson, policy => policy.RequireAuthenticatedUser().AddRequirements(new ActsInPerson()))
            .AddPolicy(Routes.StepUp, policy => policy.RequireAuthenticatedUser().AddRequirements(new FreshStepUp()));
        return services;
    }

    /// <summary>Maps the module's routes.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
        var codes = routes.Noun("/phone-codes", "Sign-in");
        RequestPhoneCode.Map(codes);
        var sessions = routes.Noun("/sessions", "Sign-in");
        OpenSession.Map(sessions);
        CloseSession.Map(sessions);
        StepUp.Map(sessions);
        var factors = routes.Noun("/second-factors", "Sign-in");
        EnrolSecondFactor.Map(factors);
        ConfirmSecondFactor.Map(factors);
        ShowMe.Map(routes.Noun("/me", "Sign-in"));
        var people = routes.Noun("/people", "People");
        AddPerson.Map(people);
        IssueKey.Map(people);
        EndRole.Map(people);
        InviteToEnrol.Map(people);
        var proposals = routes.Noun("/role-proposals", "People");
        ListRoleProposals.Map(proposals);
        AnswerProposal.Map(proposals);
    }
}
