using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>Every test of the list as a row of its own: `dotnet test --filter-trait test=core/echo`.</summary>
public sealed class ListTests(Stepper stepper) : IClassFixture<Stepper>
{
    /// <summary>Longer than any test may wait, with every wait stretched.</summary>
    private const int Deadline = 120_000;

    public static IEnumerable<TheoryDataRow<string>> Rows() =>
        from listed in Repository.Listed()
        let id = (string)listed.Test["id"]!
        select new TheoryDataRow<string>(id) { TestDisplayName = id, Label = "" }.WithTrait("profile", listed.Profile).WithTrait("test", id);

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Rows))]
    public async Task Passes(string id)
    {
        Assert.True(stepper.Tests.TryGetValue(id, out var test), $"`crosswire step` knows no test {id}");
        if (test["unsupported"] is { } lack)
        {
            Assert.Skip((string)lack!);
        }

        var verdict = await stepper.JudgeAsync(id);
        var outcome = (string)verdict["outcome"]!;
        if (outcome is "known")
        {
            // The framework has no word for a failure that is expected: the row passes, with a warning.
            TestContext.Current.AddWarning($"known: {test["known"]!["reason"]} {test["known"]!["link"]}");
            return;
        }

        Assert.True(outcome is "ok", $"{outcome}\n{verdict["message"]}");
    }

    [Fact]
    public void Every_test_of_the_list_is_a_row() => Assert.Equal(stepper.Tests.Keys.Order(StringComparer.Ordinal), Rows().Select(row => row.Data).Order(StringComparer.Ordinal));
}
