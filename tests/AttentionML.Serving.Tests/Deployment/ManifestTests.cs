using System.Globalization;
using k8s;
using k8s.Models;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using static AttentionML.Serving.Tests.Deployment.KServeManifests;

namespace AttentionML.Serving.Tests.Deployment;

public class ManifestTests
{
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
        RequireNoPrivileges(pod);
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
        var service = Read<InferenceService>(File.ReadAllText(Path.Combine(Folder, "kserve", "inferenceservice.yaml")));
        var runtime = Read<ServingRuntime>(File.ReadAllText(Path.Combine(Folder, "kserve", "servingruntime.yaml")));

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
        var runtime = Read<ServingRuntime>(File.ReadAllText(Path.Combine(Folder, "kserve", "servingruntime.yaml")));

        var container = KubernetesYaml.Deserialize<V1Container>(new Serializer().Serialize(Assert.Single(runtime.Spec.Containers)), strict: true);

        Assert.Equal("kserve-container", container.Name);
        Assert.Contains("--models=/mnt/models", container.Args);
        Assert.Contains($"--http-port={container.Ports[0].ContainerPort}", container.Args);
        Assert.Contains($"--metrics-port={runtime.Spec.Annotations["prometheus.kserve.io/port"]}", container.Args);
        Assert.True(container.SecurityContext.RunAsNonRoot);
    }

    private static List<object> Load(string name) =>
        KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, "kubernetes", name)), strict: true);

    private static void RequireNoPrivileges(V1PodSpec pod)
    {
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.All(pod.Containers, container =>
        {
            Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
            Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
            Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
            Assert.Equal(["cpu", "memory"], container.Resources.Limits.Keys.Order());
        });
    }
}
