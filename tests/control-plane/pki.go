package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// clients of the API server: who they are, and where their kubeconfig lies.
var clients = []struct {
	file, user, group string
}{
	{"kubeconfig", "admin", "system:masters"},
	{"pki/controller-manager.kubeconfig", "system:kube-controller-manager", ""},
	{"pki/scheduler.kubeconfig", "system:kube-scheduler", ""},
	{"pki/kubelets.kubeconfig", "kubelets", "system:masters"},
}

// runPKI writes all the secrets of one control plane: certificates, keys, kubeconfigs, a token.
func runPKI(args []string) int {
	flags := flag.NewFlagSet("pki", flag.ExitOnError)
	dir := flags.String("dir", "", "directory of the control plane")
	server := flags.String("server", "", "URL of the API server")
	_ = flags.Parse(args)
	if err := writePKI(*dir, *server); err != nil {
		return fail(err)
	}
	return 0
}

func writePKI(dir, server string) error {
	if err := os.MkdirAll(filepath.Join(dir, "pki"), 0o700); err != nil {
		return err
	}
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	if err := ca.write(filepath.Join(dir, "pki/ca")); err != nil {
		return err
	}
	serving, err := ca.issue(x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return err
	}
	if err := serving.write(filepath.Join(dir, "pki/apiserver")); err != nil {
		return err
	}
	if err := writeServiceAccountKey(filepath.Join(dir, "pki/sa")); err != nil {
		return err
	}
	for _, client := range clients {
		if err := writeKubeconfig(ca, filepath.Join(dir, client.file), server, client.user, client.group); err != nil {
			return err
		}
	}
	return writeToken(dir)
}

func writeKubeconfig(ca *keyPair, file, server, user, group string) error {
	subject := pkix.Name{CommonName: user}
	if group != "" {
		subject.Organization = []string{group}
	}
	client, err := ca.issue(x509.Certificate{
		Subject:     subject,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	key, err := client.keyPEM()
	if err != nil {
		return err
	}
	const cluster = "day2-test"
	return clientcmd.WriteToFile(api.Config{
		Clusters: map[string]*api.Cluster{
			cluster: {Server: server, CertificateAuthorityData: ca.certificatePEM()},
		},
		AuthInfos: map[string]*api.AuthInfo{
			user: {ClientCertificateData: client.certificatePEM(), ClientKeyData: key},
		},
		Contexts:       map[string]*api.Context{cluster: {Cluster: cluster, AuthInfo: user}},
		CurrentContext: cluster,
	}, file)
}

// writeToken writes the token of an administrator: once for clients, once for the API server.
func writeToken(dir string) error {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	token := hex.EncodeToString(random)
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600); err != nil {
		return err
	}
	users := fmt.Sprintf("%s,token-user,token-user,\"system:masters\"\n", token)
	return os.WriteFile(filepath.Join(dir, "pki/tokens.csv"), []byte(users), 0o600)
}

// writeServiceAccountKey writes the key that signs the tokens of service accounts.
func writeServiceAccountKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := privatePEM(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".key", private, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".pub", encode("PUBLIC KEY", public), 0o644)
}

// keyPair is a certificate with its key.
type keyPair struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func newAuthority() (*keyPair, error) {
	return sign(x509.Certificate{
		Subject:               pkix.Name{CommonName: "day2-test-ca"},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}, nil)
}

func (ca *keyPair) issue(template x509.Certificate) (*keyPair, error) {
	template.KeyUsage = x509.KeyUsageDigitalSignature
	return sign(template, ca)
}

// sign makes a key and a certificate for it; without a signer it signs itself.
func sign(template x509.Certificate, signer *keyPair) (*keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if signer == nil {
		signer = &keyPair{certificate: &template, key: key}
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	// Clocks that differ a little must not make a test fail.
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().AddDate(1, 0, 0)
	der, err := x509.CreateCertificate(rand.Reader, &template, signer.certificate, key.Public(), signer.key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &keyPair{certificate: certificate, key: key}, err
}

// write writes path.crt and path.key.
func (p *keyPair) write(path string) error {
	key, err := p.keyPEM()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".key", key, 0o600); err != nil {
		return err
	}
	return os.WriteFile(path+".crt", p.certificatePEM(), 0o644)
}

func (p *keyPair) certificatePEM() []byte {
	return encode("CERTIFICATE", p.certificate.Raw)
}

func (p *keyPair) keyPEM() ([]byte, error) {
	return privatePEM(p.key)
}

func privatePEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return encode("PRIVATE KEY", der), err
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
