"""What the files for containers promise: the Dockerfile, and the manifest for Kubernetes.

    deployment.py PROGRAM

PROGRAM is dir-gateway as it was built. The last line is `N passed, M failed`.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

from support import expect

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "config/kubernetes/directory-gateway.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OBJECTS = {found["kind"]: found for found in yaml.safe_load_all(MANIFEST.read_text())}
SET = OBJECTS["StatefulSet"]["spec"]
POD = SET["template"]["spec"]
CONTAINER = POD["containers"][0]
VERSION = subprocess.run(
    [ROOT / "scripts/version"], check=True, capture_output=True, text=True).stdout.strip()


def the_image_runs_as_a_number():
    user, group = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.M).groups()
    expect("made with it", f"useradd --uid {user} --gid {group} " in DOCKERFILE, True)
    context = POD["securityContext"]
    expect("the manifest's", [context["runAsUser"], context["runAsGroup"]], [int(user), int(group)])
    expect("runAsNonRoot", context["runAsNonRoot"], True)


def examples_publish_on_loopback():
    for name in ("Dockerfile", "README.md", *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))):
        for ports in re.findall(r"docker run.*? -p (\S+)", (ROOT / name).read_text()):
            expect(f"in {name}", ports.startswith("127.0.0.1:"), True)


def the_image_has_both_programs():
    expect("copied", "COPY --from=build /out/dir-gateway /out/dirctl /usr/local/bin/" in DOCKERFILE, True)


def the_manifest_is_of_this_version():
    expect("image", CONTAINER["image"], f"directory-gateway:{VERSION}")


def settings_of_the_manifest_are_accepted():
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "server.config.yml"
        file.write_text(OBJECTS["ConfigMap"]["data"]["server.config.yml"])
        # The environment of the image, and of the manifest over it.
        image = dict(re.findall(r"(DIRECTORY_SERVER_\w+)=(\S+)", DOCKERFILE))
        pod = {found["name"]: found["value"] for found in CONTAINER["env"]}
        ran = subprocess.run(
            [PROGRAM, "config", "--config", file], capture_output=True, text=True, cwd=directory,
            env={**os.environ, **image, **pod})
        expect("exit code", (ran.returncode, ran.stderr), (0, ""))
        found = dict(re.findall(r"^(\S+): (\S+)", ran.stdout, re.M))
        expect("auth.mode", found["auth.mode"], "token")
        ports = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
        expect("listen_address", found["listen_address"], f"0.0.0.0:{ports['http']}")
        expect("admin", found["admin.listen_address"], f"0.0.0.0:{ports['admin']}")
        paths = {mount["mountPath"] for mount in CONTAINER["volumeMounts"]}
        expect("data_dir is a volume", found["data_dir"] in paths, True)
        drain = int(found["drain_timeout"].removesuffix("s"))
        expect("time to end", POD["terminationGracePeriodSeconds"] > drain + 1, True)


def the_pod_has_no_privileges():
    context = CONTAINER["securityContext"]
    expect("allowPrivilegeEscalation", context["allowPrivilegeEscalation"], False)
    expect("readOnlyRootFilesystem", context["readOnlyRootFilesystem"], True)
    expect("capabilities", context["capabilities"], {"drop": ["ALL"]})
    expect("seccomp", POD["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
    expect("token", POD["automountServiceAccountToken"], False)


def labels_and_ports_agree():
    expect("the set", SET["selector"]["matchLabels"], SET["template"]["metadata"]["labels"])
    service = OBJECTS["Service"]["spec"]
    expect("the service", service["selector"], SET["template"]["metadata"]["labels"])
    names = [port["name"] for port in CONTAINER["ports"]]
    # The port of the admin listener asks for no token.
    expect("published", [port["targetPort"] for port in service["ports"]], ["http"])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        expect(probe, CONTAINER[probe]["httpGet"]["port"] in names, True)
    expect("volumes", {mount["name"] for mount in CONTAINER["volumeMounts"]},
           {volume["name"] for volume in POD["volumes"]}
           | {claim["metadata"]["name"] for claim in SET["volumeClaimTemplates"]})


def kubernetes_accepts_the_manifest():
    for found in OBJECTS.values():
        kubernetes_validate.validate(found, "1.31", strict=True)


def main():
    tests = [the_image_runs_as_a_number, examples_publish_on_loopback, the_image_has_both_programs,
             the_manifest_is_of_this_version, settings_of_the_manifest_are_accepted,
             the_pod_has_no_privileges, labels_and_ports_agree, kubernetes_accepts_the_manifest]
    failed = 0
    for test in tests:
        name = test.__name__.replace("_", " ")
        try:
            test()
            print(f"ok: {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"failed: {name}: {type(error).__name__}: {error}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
