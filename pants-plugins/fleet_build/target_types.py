"""The target types and their fields; `help` is the reference (`./pants help agent`). No logic."""

from __future__ import annotations

from typing import ClassVar

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    DictStringToStringField,
    IntField,
    StringField,
    StringSequenceField,
    Target,
)
from pants.util.strutil import help_text

MACHINES = ("mainpc", "pc2")
GROUPS: dict[str, tuple[str, ...]] = {
    "mainpc": (
        "audio_interface",
        "core_services",
        "emotion_system",
        "gpu_infrastructure",
        "language_processing",
        "learning_knowledge",
        "memory_system",
        "reasoning_services",
        "speech_services",
        "utility_services",
        "vision_processing",
    ),
    "pc2": (
        "context_management",
        "creative_services",
        "educational_services",
        "light_gpu_services",
        "memory_orchestrator",
        "resource_management",
        "security_services",
        "task_processing",
        "web_services",
    ),
}
CRITICALITIES = ("critical", "normal", "optional")
STORAGES = ("file", "models", "postgres", "redis", "sqlite")
ORCHESTRATORS = ("process", "compose", "swarm", "kubernetes")


class AgentNameField(StringField):
    alias = "agent_name"
    help = help_text(
        """
        The agent's class and display name, such as `NLUAgent`.

        Defaults to the target name in CamelCase: `service_registry` is `ServiceRegistry`. State it
        only where the capitals differ.
        """
    )


class MachineField(StringField):
    alias = "machine"
    help = help_text(
        f"""
        The machine that hosts the agent: one of {", ".join(f"`{m}`" for m in MACHINES)}.

        Usually given once for a group, by `__defaults__` in the group's BUILD file.
        """
    )


class GroupField(StringField):
    alias = "group"
    help = help_text(
        """
        The group of agents that this one belongs to. Defaults to the name of the BUILD file's
        directory. A group belongs to exactly one machine.
        """
    )


class PortField(IntField):
    alias = "port"
    required = True
    help = help_text(
        """
        The TCP port (1024 to 65535) of the agent's request socket. No two agents share a port on
        any machine, because every environment may put all of them on one host.
        """
    )


class HealthPortField(IntField):
    alias = "health_port"
    help = help_text(
        """
        The TCP port (1024 to 65535) that answers `/livez`, `/readyz` and `/metrics` over HTTP.
        Defaults to `port` + 1000.
        """
    )


class DependsOnField(StringSequenceField):
    alias = "depends_on"
    default = ()
    help = help_text(
        """
        Names of the agent targets whose READY this agent awaits before it serves, such as
        `["system_digital_twin"]`. Names are unique over the fleet, so no path is needed.

        This is not a code dependency: agents never import each other. Cycles are refused.
        """
    )


class CallsField(StringSequenceField):
    alias = "calls"
    default = ()
    help = help_text(
        """
        Names of the agents that this one calls or subscribes to without awaiting them, beside those
        of `depends_on`, such as `["knowledge_base"]`; `["*"]` for any agent. Everybody may call
        `service_registry`.

        An agent answers only those that name it here or in `depends_on`. The code is compared with
        it: an agent that the code names must be here, and one that no code names must not.
        """
    )


class StorageField(StringSequenceField):
    alias = "storage"
    default = ()
    help = help_text(
        f"""
        What the agent keeps: any of {", ".join(f"`{s}`" for s in STORAGES)}. Anything but
        `models` makes the agent stateful: it gets a volume in every environment.
        """
    )


class GpuField(BoolField):
    alias = "gpu"
    default = False
    help = "Whether the agent uses a GPU where there is one. It runs on the CPU otherwise."


class CriticalityField(StringField):
    alias = "criticality"
    default = "normal"
    help = help_text(
        f"""
        How much of the fleet fails with this agent: one of
        {", ".join(f"`{c}`" for c in CRITICALITIES)}.
        """
    )


class ResourcesField(DictStringToStringField):
    alias = "resources"
    help = help_text(
        """
        What one replica may use: `{"cpu": "0.5", "memory": "256Mi"}`; `cpu` in cores, `memory` in
        Kubernetes units (`Ki`, `Mi`, `Gi`). These are the defaults of each key, too.
        """
    )


class ReplicasField(IntField):
    alias = "replicas"
    default = 1
    help = "How many replicas an environment runs when it says nothing else; at least 1."


class SystemPackagesField(StringSequenceField):
    alias = "system_packages"
    default = ()
    help = help_text(
        """
        Debian packages that the agent's image needs beside the runtime base, by name, each of
        them a layer. What they need in turn is stated, too: the build says which library is
        missing. `3rdparty/debian/system.txt` lists what may be asked for. A PEX has none of them:
        it takes what the machine has.
        """
    )


class ActionsField(StringSequenceField):
    alias = "actions"
    default = ()
    help = help_text(
        """
        The actions that the agent answers, beside the base actions of every agent (`ping`,
        `health`, `health_check`, `restart`, `clear_state`). The agent refuses to start when its
        code answers others.
        """
    )


class AgentDependenciesField(Dependencies):
    help = help_text(
        """
        Code that the agent needs and that import inference cannot see. The agent's own module,
        `<name>.py` beside the BUILD file, is always a dependency.
        """
    )


class AgentTarget(Target):
    alias = "agent"
    core_fields: ClassVar = (
        *COMMON_TARGET_FIELDS,
        AgentDependenciesField,
        AgentNameField,
        MachineField,
        GroupField,
        PortField,
        HealthPortField,
        DependsOnField,
        CallsField,
        StorageField,
        GpuField,
        CriticalityField,
        ResourcesField,
        ReplicasField,
        SystemPackagesField,
        ActionsField,
    )
    help = help_text(
        """
        One deployable agent: the only place that states its port, machine, dependencies and needs.

        `./pants package` builds `dist/agents/<name>.pex` and `dist/images/<name>/`, `./pants run`
        starts it from source, and every overlay, health check and start order is derived from it.
        The code is the module `<name>.py` beside the BUILD file.
        """
    )


class AgentIndexDependenciesField(Dependencies):
    help = "Not used: the index is of all agent targets."


class AgentIndexTarget(Target):
    alias = "agent_index"
    core_fields: ClassVar = (*COMMON_TARGET_FIELDS, AgentIndexDependenciesField)
    help = help_text(
        """
        What is built for each agent of the fleet. `./pants package` writes
        `dist/agents/agents.lock.json`: digest and size of each PEX file and image.
        """
    )


class ImageSetDependenciesField(Dependencies):
    help = "Not used: an image set holds the images of all agent targets."


class ImageSetTarget(Target):
    alias = "image_set"
    core_fields: ClassVar = (*COMMON_TARGET_FIELDS, ImageSetDependenciesField)
    help = help_text(
        """
        All images of the fleet. `./pants package` writes them and `dist/images/images.lock.json`:
        each image's digest, fingerprint and layers with what is in them.
        """
    )


class ImageToolEntryPointField(StringField):
    alias = "entry_point"
    required = True
    help = "The package whose `__main__` is run, below the source root: such as `fleet.load`."


class ImageToolDependenciesField(Dependencies):
    help = "Not used: a tool works on the images of all agent targets."


class ImageToolTarget(Target):
    alias = "image_tool"
    core_fields: ClassVar = (
        *COMMON_TARGET_FIELDS,
        ImageToolDependenciesField,
        ImageToolEntryPointField,
    )
    help = help_text(
        """
        A program that does something with images. `./pants run` builds all of them and gives it
        `--images` with the folder that has their layouts and `images.lock.json`, and what stands
        after `--`.
        """
    )


class OrchestratorField(StringField):
    alias = "orchestrator"
    required = True
    valid_choices = ORCHESTRATORS
    help = help_text(
        """
        What runs the agents: `process` (this machine, no engine), `compose`, `swarm` or
        `kubernetes`.
        """
    )


class SettingsField(DictStringToStringField):
    alias = "settings"
    help = 'Settings of the environment, such as `{"log_level": "DEBUG"}`.'


class EnvironmentDependenciesField(Dependencies):
    help = "Not used: an environment runs all agent targets."


class EnvironmentTarget(Target):
    alias = "environment"
    core_fields: ClassVar = (
        *COMMON_TARGET_FIELDS,
        EnvironmentDependenciesField,
        OrchestratorField,
        SettingsField,
    )
    help = help_text(
        """
        Where the fleet runs. `./pants package deploy:<name>` writes its overlay to
        `dist/deploy/<name>/`, `./pants run deploy:<name> -- up` starts it.
        """
    )
