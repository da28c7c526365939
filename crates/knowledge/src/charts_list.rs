// Every chart, by name; of several with one name, the first is meant where no repository is given.

charts! {
    "aws-ebs-csi-driver" from "aws-ebs-csi-driver",
    "aws-efs-csi-driver" from "aws-efs-csi-driver",
    "aws-load-balancer-controller" from "aws-load-balancer-controller",
    "cert-manager" from "cert-manager",
    "cluster-autoscaler" from "cluster-autoscaler",
    "external-dns" from "external-dns",
    "external-secrets" from "external-secrets",
    "grafana" from "grafana",
    "ingress-nginx" from "ingress-nginx",
    "kube-prometheus-stack" from "kube-prometheus-stack",
    "metrics-server" from "metrics-server",
    "secrets-store-csi-driver" from "secrets-store-csi-driver",
    "secrets-store-csi-driver-provider-aws" from "secrets-store-csi-driver-provider-aws",
}
