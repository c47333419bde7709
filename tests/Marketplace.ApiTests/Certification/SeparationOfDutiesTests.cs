using Marketplace.Contracts;
using Npgsql;

namespace Marketplace.ApiTests.Certification;

/// <summary>Every ordered pair of parts of one case in one person's hands, tried by direct SQL as the application's role: the database alone says no.</summary>
public sealed class SeparationOfDutiesTests(Market market) : IClassFixture<Market>
{
    // Each part with the evidence it signs. The first thing the table asks is whether the person has another part.
    private static readonly (string Part, string Evidence)[] Parts =
    [
        ("intake", "certification.completeness (application, number, complete, missing) values ('{0}', 2, true, '{{}}')"),
        ("document_reviewer", "certification.document_review (application, answers, accepted, reason) values ('{0}', '[]', true, 'Read.')"),
        ("sampler", "certification.sample (id, application, number, taken_at, amount, unit, seal_number) values (gen_random_uuid(), '{0}', 9, now(), 1, 'GRM', 'S-{1}')"),
        ("analyst", "certification.result_entry (application, number, sample) select '{0}', 9, id from certification.sample where application = '{0}' limit 1"),
        ("supervisor", "certification.result_approval (application, entry, verdict, findings) values ('{0}', 1, 'pass', '[]')"),
        ("reviewer", "certification.review (application, recommend_grant, reason) values ('{0}', true, 'Seen.')"),
        ("decision_maker", "certification.decision (application, granted, reason) values ('{0}', true, 'Fine.')"),
    ];

    [Fact]
    public async Task No_person_takes_two_parts_of_one_case_in_any_order()
    {
        var (application, _) = await market.TestedCase(await market.ActiveFarm());
        var person = (await market.NewMember(Role.Auditor)).Person;
        var refused = 0;
        foreach (var first in Parts.Select(part => part.Part).Append("producer"))
        {
            await market.Owner($"""
                delete from certification.participation where person = '{person}';
                insert into certification.participation (application, person, part) values ('{application}', '{person}', '{first}')
                """);
            foreach (var (second, evidence) in Parts.Where(part => part.Part != first))
            {
                var sql = string.Format(System.Globalization.CultureInfo.InvariantCulture, evidence, application, second);
                var answer = await Assert.ThrowsAsync<PostgresException>(
                    () => market.AsApplication($"begin; select set_config('app.person', '{person}', true); insert into {sql}"));

                // A completeness check asks first whose it is.
                Assert.True(answer.ConstraintName == "own-work" || (second == "intake" && answer.ConstraintName == "not-assigned"), $"{first} then {second}: {answer.ConstraintName} {answer.MessageText}");
                refused++;
            }
        }

        Assert.Equal(Parts.Length * Parts.Length, refused);
    }

    [Fact]
    public async Task The_parts_of_a_case_are_never_given_to_one_person()
    {
        var (application, _) = await market.TestedCase(await market.ActiveFarm());
        foreach (var (first, _) in Parts)
        {
            foreach (var (second, _) in Parts.Where(part => part.Part != first))
            {
                var answer = await Assert.ThrowsAsync<PostgresException>(() => market.AsApplication(
                    $"update certification.application set {first} = gen_random_uuid() where id = '{application}'; update certification.application set {first} = 'cafe0000-0000-0000-0000-000000000000', {second} = 'cafe0000-0000-0000-0000-000000000000' where id = '{application}'"));
                Assert.True(answer.ConstraintName is "own-work" or "not-drawn", $"{first} and {second}: {answer.ConstraintName} {answer.MessageText}");
            }
        }
    }
}
