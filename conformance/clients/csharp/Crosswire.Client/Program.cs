using Crosswire.Client;

const int Completed = 0;
const int Crashed = 1;
const int WrongUsage = 2;

if (args.Length > 0)
{
    Console.Error.WriteLine("The driver takes no arguments: it reads commands from standard input, as conformance/drivers.md has them.");
    return WrongUsage;
}

try
{
    await Driver.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
    return Completed;
}
catch (Exception exception)
{
    Console.Error.WriteLine(exception);
    return Crashed;
}
