using System.Globalization;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using static AttentionML.Serving.Tests.Deployment.KServeManifests;

namespace AttentionML.Serving.Tests.Deployment;

public class ManifestTests
{
    // What the base image sets APP_UID to.
    private const long User = 1654;

    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "samples", "ServeModels", "deploy");

    public static TheoryData<string> Manifests =>
        [.. Directory.GetFiles(Path.Combine(Folder, "kubernetes")).Select(file => Path.GetFileName(file)).Where(name => name != "kustomization.yaml").Order()];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Load_AManifest_HasNoFieldThatKubernetesLacks(string name) => Assert.NotEmpty(Load(name));

    [Fact]
    public void Load_AMisspeltField_IsRefused() => Assert.Throws<YamlException>(() =>
        KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nmetadata: { nme: x }", strict: true));

    [Fact]
    public void Deployment_PortsAndProbes_AreThoseOfTheServer()
    {
        var pod = Load("deployment.yaml").OfType<V1Deployment>().Single().Spec.Template.Spec;
        var server = Assert.Single(pod.Containers);
        var defaults = new ServingOptions();

        Assert.Equal([defaults.HttpPort, defaults.GrpcPort, defaults.MetricsPort], server.Ports.Select(port => port.ContainerPort));
        Assert.Equal("/v2/health/ready", server.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/v2/health/live", server.LivenessProbe.HttpGet.Path);
        var drain = double.Parse(server.Env.Single(variable => variable.Name == "Serving__DrainSeconds").Value, CultureInfo.InvariantCulture);
        Assert.True(pod.TerminationGracePeriodSeconds > drain + defaults.ShutdownSeconds);
        RequireNoPrivileges(pod);
    }

    [Fact]
    public void Services_SelectThePodsAndNameTheirPorts()
    {
        var deployment = Load("deployment.yaml").OfType<V1Deployment>().Single();
        var ports = deployment.Spec.Template.Spec.Containers[0].Ports.Select(port => port.Name);
        var services = Load("service.yaml").OfType<V1Service>().ToList();

        Assert.All(services, service => Assert.Equal(deployment.Spec.Template.Metadata.Labels, service.Spec.Selector));
        Assert.Equal(ports.Order(), services.SelectMany(service => service.Spec.Ports).Select(port => port.TargetPort.Value).Order());
    }

    [Fact]
    public void Job_Shards_AreItsCompletions()
    {
        var job = Load("score-series.yaml").OfType<V1Job>().Single();
        var pod = job.Spec.Template.Spec;

        Assert.Equal("Indexed", job.Spec.CompletionMode);
        Assert.Contains($"--shards={job.Spec.Completions}", pod.Containers[0].Args);
        Assert.Equal(User, pod.SecurityContext.FsGroup); // It writes its volume.
        RequireNoPrivileges(pod);
    }

    [Fact]
    public void Models_AreInOneFolderOfOneClaim_ForAllWhoReadThem()
    {
        var claim = Load("models.yaml").OfType<V1PersistentVolumeClaim>().Single();
        var server = Load("deployment.yaml").OfType<V1Deployment>().Single().Spec.Template.Spec;
        var scorer = Load("score-series.yaml").OfType<V1Job>().Single().Spec.Template.Spec;

        Assert.Equal(["ReadOnlyMany"], claim.Spec.AccessModes); // Pods on several nodes.
        var folder = ModelsMount(server).SubPath;
        Assert.Equal(folder, ModelsMount(scorer).SubPath);
        Assert.Equal($"pvc://{claim.Metadata.Name}/{folder}", Service().Spec.Predictor.Model.StorageUri);
        Assert.Contains($"--models={ModelsMount(server).MountPath}", server.Containers[0].Args);
        var model = scorer.Containers[0].Args.Single(argument => argument.StartsWith("--model=", StringComparison.Ordinal))["--model=".Length..];
        Assert.True(File.Exists(Path.Combine(RepositoryRoot.Path, "models", Path.GetRelativePath(ModelsMount(scorer).MountPath, model))), model);

        V1VolumeMount ModelsMount(V1PodSpec pod)
        {
            var volume = pod.Volumes.Single(volume => volume.PersistentVolumeClaim?.ClaimName == claim.Metadata.Name);
            var mount = pod.Containers[0].VolumeMounts.Single(mount => mount.Name == volume.Name);
            Assert.True(volume.PersistentVolumeClaim.ReadOnlyProperty);
            Assert.True(mount.ReadOnlyProperty);
            return mount;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Limits_OfTheServer_AreSettingsOfItAndFitThePodsMemory(bool kserve)
    {
        var server = kserve ? RuntimeContainer() : Load("deployment.yaml").OfType<V1Deployment>().Single().Spec.Template.Spec.Containers[0];

        var options = new ConfigurationBuilder()
            .AddInMemoryCollection(server.Env.ToDictionary(variable => variable.Name.Replace("__", ":", StringComparison.Ordinal), variable => (string?)variable.Value))
            .Build().GetSection("Serving").Get<ServingOptions>(binder => binder.ErrorOnUnknownConfiguration = true)!;

        options.Models = Path.Combine(RepositoryRoot.Path, "models");
        Assert.Empty(options.Problems());
        const int CopiesToo = 5; // As MaxBytesInFlight has it; the other half is for models and their runs.
        Assert.InRange(CopiesToo * options.MaxBytesInFlight, 1, server.Resources.Limits["memory"].ToInt64() / 2);
    }

    [Fact]
    public void Image_RunsAsTheUserThatTheManifestsName()
    {
        // By number: of a name Kubernetes cannot tell that it is not root's, and refuses it.
        var dockerfile = File.ReadAllLines(Path.Combine(Folder, "Dockerfile"));

        Assert.Equal(["USER $APP_UID"], dockerfile.Where(line => line.StartsWith("USER", StringComparison.Ordinal)));
    }

    [Fact]
    public void Image_IsBuiltWithoutWhatGitLeavesOut()
    {
        var ignored = File.ReadAllLines(Path.Combine(RepositoryRoot.Path, ".dockerignore"));

        Assert.Contains(".git", ignored);
        Assert.All(
            File.ReadAllLines(Path.Combine(RepositoryRoot.Path, ".gitignore")).Where(line => line.Length > 0 && line[0] != '#'),
            line => Assert.Contains($"**/{line.TrimEnd('/')}", ignored));
    }

    [Fact]
    public void Kustomization_NamesFilesThatAreThere()
    {
        var text = File.ReadAllText(Path.Combine(Folder, "kubernetes", "kustomization.yaml"));
        var resources = ((List<object>)new Deserializer().Deserialize<Dictionary<string, object>>(text)["resources"]).Cast<string>();

        Assert.All(resources, name => Assert.True(File.Exists(Path.Combine(Folder, "kubernetes", name)), name));
    }

    [Fact]
    public void KServe_ServiceAndRuntime_GoTogether()
    {
        var (service, runtime) = (Service(), Runtime());

        Assert.Equal(("serving.kserve.io/v1beta1", "InferenceService"), (service.ApiVersion, service.Kind));
        Assert.Equal(("serving.kserve.io/v1alpha1", "ServingRuntime"), (runtime.ApiVersion, runtime.Kind));
        Assert.Equal(runtime.Metadata.Name, service.Spec.Predictor.Model.Runtime);
        Assert.Contains(service.Spec.Predictor.Model.ProtocolVersion, runtime.Spec.ProtocolVersions);
        Assert.Contains(service.Spec.Predictor.Model.ModelFormat.Name, runtime.Spec.SupportedModelFormats.Select(format => format.Name));
        Assert.ThrowsAny<YamlException>(() => Read<InferenceService>("spec: { predictor: { model: { storageURI: x } } }"));
    }

    [Fact]
    public void KServe_Container_IsOneOfKubernetes()
    {
        var (runtime, container) = (Runtime(), RuntimeContainer());

        Assert.Equal("kserve-container", container.Name);
        Assert.Contains("--models=/mnt/models", container.Args);
        Assert.Equal(["v2", "grpc-v2"], runtime.Spec.ProtocolVersions);
        Assert.Equal(["http1", "h2c"], container.Ports.Select(port => port.Name)); // By which KServe knows what they speak.
        Assert.Contains($"--http-port={container.Ports[0].ContainerPort}", container.Args);
        Assert.Contains($"--grpc-port={container.Ports[1].ContainerPort}", container.Args);
        Assert.Contains($"--metrics-port={runtime.Spec.Annotations["prometheus.kserve.io/port"]}", container.Args);
        Assert.True(container.SecurityContext.RunAsNonRoot);
        Assert.Equal((User, User), (container.SecurityContext.RunAsUser, container.SecurityContext.RunAsGroup));
        var volumes = runtime.Spec.Volumes.Select(volume => KubernetesYaml.Deserialize<V1Volume>(new Serializer().Serialize(volume), strict: true).Name);
        Assert.Equal(volumes, container.VolumeMounts.Select(mount => mount.Name));
    }

    private static InferenceService Service() => Read<InferenceService>(File.ReadAllText(Path.Combine(Folder, "kserve", "inferenceservice.yaml")));

    private static ServingRuntime Runtime() => Read<ServingRuntime>(File.ReadAllText(Path.Combine(Folder, "kserve", "servingruntime.yaml")));

    private static V1Container RuntimeContainer() =>
        KubernetesYaml.Deserialize<V1Container>(new Serializer().Serialize(Assert.Single(Runtime().Spec.Containers)), strict: true);

    private static List<object> Load(string name) =>
        KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, "kubernetes", name)), strict: true);

    private static void RequireNoPrivileges(V1PodSpec pod)
    {
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal((User, User), (pod.SecurityContext.RunAsUser, pod.SecurityContext.RunAsGroup));
        Assert.All(pod.Containers, container =>
        {
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Equal(["cpu", "memory"], container.Resources.Limits.Keys.Order());
        });
    }
}
