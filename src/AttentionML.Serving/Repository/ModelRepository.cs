using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace AttentionML.Serving.Repository;

/// <summary>
/// The models of a folder. A version is loaded and warmed beside the one that serves, then takes its place; one that does not load changes
/// nothing but its reason. Reads take no lock.
/// </summary>
internal sealed partial class ModelRepository(ServingOptions options, ModelLoader loader, ILogger<ModelRepository> logger) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private ImmutableSortedDictionary<string, ModelState> _models = ImmutableSortedDictionary.Create<string, ModelState>(StringComparer.Ordinal);
    private Dictionary<(string Name, long Version), string> _lastPoll = [];

    public IReadOnlyCollection<ModelState> Models => [.. Volatile.Read(ref _models).Values];

    /// <summary>Whether every model is served as its policy wants it.</summary>
    public bool IsReady => Volatile.Read(ref _models) is { Count: > 0 } models && models.Values.All(model => model.IsReady);

    /// <summary>Loads all models. One that does not load is reported and takes nothing else down.</summary>
    public async Task LoadAllAsync(CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            if (ModelFolder.Strangers(options.Models) is { Count: > 0 } strangers)
            {
                LogStrangers(string.Join(", ", strangers), ModelNames.Rule);
            }

            foreach (var folder in ModelFolder.All(options.Models))
            {
                cancellation.ThrowIfCancellationRequested();
                await Task.Run(() => Bring(folder, _ => true), cancellation);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Loads a model again, or for the first time.</summary>
    /// <exception cref="InferenceException">There is no such model, or a version did not load; what served before still does.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellation)
    {
        var folder = new ModelFolder(options.Models, name);
        ModelState state;
        await _changing.WaitAsync(cancellation);
        try
        {
            if (!folder.Exists)
            {
                throw new InferenceException(InferenceFault.NotFound, $"Request for unknown model: '{name}' is not in the repository.");
            }

            await Task.Run(() => Bring(folder, _ => true), CancellationToken.None);
            state = _models[name];
        }
        finally
        {
            _changing.Release();
        }

        if (state.Versions.Select(version => version.Reason).Prepend(state.Reason).FirstOrDefault(reason => reason.Length > 0) is { } reason)
        {
            throw InferenceException.Invalid($"'{name}' did not load: {reason}");
        }
    }

    /// <summary>Takes a model out of service; requests under way finish.</summary>
    /// <exception cref="InferenceException">There is no such model.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            if (!_models.TryGetValue(name, out var state))
            {
                throw Unknown(name);
            }

            Publish(new(name, [.. state.Versions.Select(version => version with { Served = null, Reason = ModelState.Unloaded })], ModelState.Unloaded));
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>
    /// Looks for what has changed on the disk and loads it: files that have stood still since the last look, so that half a copy is not taken
    /// for a model. Publish by renaming all the same. A model that was taken out of service stays out of it.
    /// </summary>
    public async Task PollAsync(CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            var folders = ModelFolder.All(options.Models);
            foreach (var gone in _models.Keys.Except(folders.Select(folder => folder.Name)))
            {
                Publish(new(gone, [], "removed"));
                ImmutableInterlocked.Update(ref _models, models => models.Remove(gone));
            }

            var seen = new Dictionary<(string Name, long Version), string>();
            foreach (var folder in folders)
            {
                foreach (var version in folder.Versions())
                {
                    seen[(folder.Name, version)] = folder.Stamp(version);
                }

                var stable = folder.Versions().All(version => _lastPoll.GetValueOrDefault((folder.Name, version)) == seen[(folder.Name, version)]);
                if (stable && _models.GetValueOrDefault(folder.Name)?.Reason != ModelState.Unloaded)
                {
                    await Task.Run(() => Bring(folder, state => state.Stamp != folder.Stamp(state.Version)), cancellation);
                }
            }

            _lastPoll = seen;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogPollFailed(error);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Takes a lease on a version.</summary>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version; empty for the highest that is served.</param>
    /// <exception cref="InferenceException">There is none, or it is not served.</exception>
    public ServedModel Acquire(string name, string version)
    {
        while (true)
        {
            var served = Find(name, version);
            if (served.TryAcquire())
            {
                return served;
            }

            // It was swapped between the two; what took its place is there by now.
        }
    }

    public ModelState State(string name) => Volatile.Read(ref _models).TryGetValue(name, out var state) ? state : throw Unknown(name);

    public void Dispose()
    {
        foreach (var model in Models)
        {
            Publish(model with { Versions = [], Reason = "The server has stopped." });
        }

        _changing.Dispose();
    }

    private ServedModel Find(string name, string version)
    {
        var state = State(name);
        if (version.Length == 0)
        {
            return state.Default ?? throw new InferenceException(
                InferenceFault.Unavailable, $"Model '{name}' is not ready: {Because(state.Reason, state.Versions is [.., var last] ? last.Reason : null)}");
        }

        var number = ModelNames.Version(version) ?? throw InferenceException.Invalid($"'{version}' is no version: expected a whole number above 0.");
        var found = state.Versions.FirstOrDefault(candidate => candidate.Version == number) ?? throw new InferenceException(
            InferenceFault.NotFound,
            $"Request for unknown version: model '{name}' has no version {number}; it serves {string.Join(", ", state.Versions.Select(v => v.Version))}.");
        return found.Served ?? throw new InferenceException(
            InferenceFault.Unavailable, $"Model '{name}' version {number} is not ready: {Because(state.Reason, found.Reason)}");
    }

    private static string Because(params ReadOnlySpan<string?> reasons)
    {
        foreach (var reason in reasons)
        {
            if (!string.IsNullOrEmpty(reason))
            {
                return reason;
            }
        }

        return "it has no version.";
    }

    private static InferenceException Unknown(string name) => new(
        InferenceFault.NotFound, $"Request for unknown model: '{(name.Length <= 128 ? name : $"{name[..128]}…")}' is not found.");

    private void Bring(ModelFolder folder, Func<VersionState, bool> isStale)
    {
        var before = _models.GetValueOrDefault(folder.Name) ?? new(folder.Name, [], "");
        try
        {
            var config = folder.ReadConfig();
            var wanted = config.Versions.Choose(folder.Versions());
            if (wanted.Count == 0)
            {
                throw new ModelLoadException("It has no version: a folder whose name is a number, with the model's file in it.");
            }

            List<VersionState> versions = [.. wanted.Select(version => Bring(folder, config, version, before, isStale))];
            if (versions.Exists(version => version.Served is null))
            {
                // What has served goes on until all that is to take its place is there.
                versions.AddRange(before.Versions.Where(old => old.Served is not null && !wanted.Contains(old.Version)));
            }

            Publish(new(folder.Name, [.. versions.OrderBy(version => version.Version)], ""));
        }
        catch (Exception error) when (error is ModelLoadException or IOException or UnauthorizedAccessException)
        {
            var reason = Report(folder.Name, null, error);
            Publish(before with { Reason = reason });
        }
    }

    private VersionState Bring(ModelFolder folder, ModelConfig config, long version, ModelState before, Func<VersionState, bool> isStale)
    {
        var old = before.Versions.FirstOrDefault(state => state.Version == version);
        if (old is not null && !isStale(old))
        {
            return old;
        }

        var stamp = folder.Stamp(version);
        try
        {
            return new(version, loader.Load(folder, version, config), "", stamp);
        }
        catch (Exception error) when (error is ModelLoadException or IOException or UnauthorizedAccessException)
        {
            return new(version, old?.Served, Report(folder.Name, version, error), stamp);
        }
    }

    private string Report(string model, long? version, Exception error)
    {
        var reason = error is ModelLoadException ? error.Message : "Its files cannot be read.";
        LogFailed(error is ModelLoadException ? null : error, model, version, reason);
        return reason;
    }

    // Swaps, and lets go of what is served no more.
    private void Publish(ModelState state)
    {
        var before = _models.GetValueOrDefault(state.Name);
        Volatile.Write(ref _models, _models.SetItem(state.Name, state));
        foreach (var old in before?.Versions ?? [])
        {
            if (old.Served is { } served && state.Versions.All(version => version.Served != served))
            {
                served.Release();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No models, by their names: {Folders}. A model's name is {Rule}.")]
    private partial void LogStrangers(string folders, string rule);

    [LoggerMessage(Level = LogLevel.Error, Message = "The repository cannot be looked through; what is served stays.")]
    private partial void LogPollFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Model} version {Version} is not loaded: {Reason}")]
    private partial void LogFailed(Exception? error, string model, long? version, string reason);
}
