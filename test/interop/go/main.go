// Checks logs and proofs with the transparency-log code of the Go checksum database, golang.org/x/mod/sumdb, which others wrote:
// what it says is compared with what `sallyport audit verify` says. Questions come as JSON lines, and so do the answers.
// Only the places of files are ours: tlog-tiles has `tile/0/001` where the checksum database has `tile/8/0/001`, and bundles of
// entries with their lengths before them. Builds with Go 1.19 and the x/mod of that time.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

type question struct {
	Ask       string // log, record, tree
	Directory string
	Size      int64
	Root      []byte
	Index     int64
	Leaf      []byte
	From      int64
	FromRoot  []byte
	Proof     [][]byte
}

type answer struct {
	Why  string `json:"why"` // empty: all is well
	Size int64  `json:"size"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		size, err := reply(asked)
		said := answer{Size: size}
		if err != nil {
			said.Why = err.Error()
		}
		if err := out.Encode(said); err != nil {
			panic(err)
		}
	}
}

func reply(asked question) (size int64, err error) {
	// The library panics on some sizes that no tree has.
	defer func() {
		if caught := recover(); caught != nil {
			err = fmt.Errorf("panic: %v", caught)
		}
	}()
	switch asked.Ask {
	case "log":
		return checkLog(asked.Directory)
	case "record":
		return 0, tlog.CheckRecord(hashes(asked.Proof), asked.Size, hashOf(asked.Root), asked.Index, tlog.RecordHash(asked.Leaf))
	case "tree":
		return 0, tlog.CheckTree(hashes(asked.Proof), asked.Size, hashOf(asked.Root), asked.From, hashOf(asked.FromRoot))
	}
	return 0, errors.New("no such question")
}

func hashOf(data []byte) (hash tlog.Hash) {
	if len(data) != len(hash) {
		panic("not a hash")
	}
	copy(hash[:], data)
	return hash
}

func hashes(list [][]byte) []tlog.Hash {
	all := make([]tlog.Hash, 0, len(list))
	for _, each := range list {
		all = append(all, hashOf(each))
	}
	return all
}

// checkLog reads everything that a log consists of, and says how many entries it has.
func checkLog(directory string) (int64, error) {
	tree, err := openCheckpoint(directory)
	if err != nil {
		return 0, err
	}
	if tree.N == 0 {
		if tree.Hash != tlog.Hash(sha256.Sum256(nil)) {
			return 0, errors.New("the root of nothing is wrong")
		}
		return 0, nil
	}
	stored, err := storeEntries(directory, tree.N)
	if err != nil {
		return 0, err
	}
	root, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, errors.New("the entries do not give the signed root")
	}
	if err := compareTiles(directory, tree, stored); err != nil {
		return 0, err
	}
	return tree.N, proveSome(directory, tree, stored)
}

func openCheckpoint(directory string) (tlog.Tree, error) {
	key, err := os.ReadFile(filepath.Join(directory, "key.pub"))
	if err != nil {
		return tlog.Tree{}, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return tlog.Tree{}, err
	}
	text, err := os.ReadFile(filepath.Join(directory, "checkpoint"))
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() || !strings.HasSuffix(origin, "/"+filepath.Base(directory)) {
		return tlog.Tree{}, fmt.Errorf("this is the log %q", origin)
	}
	// The checksum database has a fixed text where a checkpoint has its origin.
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// storeEntries computes all hashes of the tree from the entries alone.
func storeEntries(directory string, size int64) (hashStore, error) {
	var stored hashStore
	for index := int64(0); index*width < size; index++ {
		entries, err := readBundle(directory, index, min(width, size-index*width))
		if err != nil {
			return nil, err
		}
		for at, entry := range entries {
			added, err := tlog.StoredHashes(index*width+int64(at), entry, &stored)
			if err != nil {
				return nil, err
			}
			stored = append(stored, added...)
		}
	}
	return stored, nil
}

type hashStore []tlog.Hash

func (stored hashStore) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index < 0 || index >= int64(len(stored)) {
			return nil, fmt.Errorf("no hash is stored at %d", index)
		}
		found = append(found, stored[index])
	}
	return found, nil
}

// compareTiles holds each tile that the log must have against the entries, and then reads each leaf through the library's own
// reader of tiles, which authenticates every tile on the way by the signed root.
func compareTiles(directory string, tree tlog.Tree, stored hashStore) error {
	reader := &tileDirectory{directory}
	for _, tile := range tilesOf(tree.N) {
		wanted, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		found, err := reader.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		if !bytes.Equal(wanted, found[0]) {
			return fmt.Errorf("the tile %s is wrong", tile.Path())
		}
	}
	proven := tlog.TileHashReader(tree, reader)
	for from := int64(0); from < tree.N; from += width {
		var leaves []int64
		for index := from; index < min(from+width, tree.N); index++ {
			leaves = append(leaves, tlog.StoredHashIndex(0, index))
		}
		if _, err := proven.ReadHashes(leaves); err != nil {
			return err
		}
	}
	return nil
}

// tilesOf is tlog.NewTiles as it has become: the one of Debian's package lists each narrower partial tile, too.
func tilesOf(size int64) (tiles []tlog.Tile) {
	for level := 0; size > 0; level++ {
		for index := int64(0); index*width < size; index++ {
			wide := int(min(width, size-index*width))
			tiles = append(tiles, tlog.Tile{H: height, L: level, N: index, W: wide})
		}
		size /= width
	}
	return tiles
}

// proveSome has the library make proofs from the tiles, and checks them against what the entries give.
func proveSome(directory string, tree tlog.Tree, stored hashStore) error {
	proven := tlog.TileHashReader(tree, &tileDirectory{directory})
	for _, index := range []int64{0, tree.N / 3, tree.N / 2, tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, index, proven)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, stored[tlog.StoredHashIndex(0, index)]); err != nil {
			return err
		}
		consistent, err := tlog.ProveTree(tree.N, index+1, proven)
		if err != nil {
			return err
		}
		earlier, err := tlog.TreeHash(index+1, stored)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(consistent, tree.N, tree.Hash, index+1, earlier); err != nil {
			return err
		}
	}
	return nil
}

type tileDirectory struct{ directory string }

func (*tileDirectory) Height() int                     { return height }
func (*tileDirectory) SaveTiles([]tlog.Tile, [][]byte) {}

func (tiles *tileDirectory) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, isFull, err := readTile(tiles.directory, fmt.Sprint(tile.L), tile.N, tile.W)
		if err != nil {
			return nil, err
		}
		whole := tile.W * tlog.HashSize
		if isFull {
			whole = width * tlog.HashSize
		}
		if len(data) != whole {
			return nil, fmt.Errorf("the tile %s has the wrong length", tile.Path())
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

// readTile reads a partial tile, or the full one that has taken its place.
func readTile(directory, level string, index int64, wide int) (data []byte, isFull bool, err error) {
	place := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		place = fmt.Sprintf("x%03d/%s", rest%1000, place)
	}
	full := filepath.Join(directory, "tile", level, place)
	if wide < width {
		data, err = os.ReadFile(fmt.Sprintf("%s.p/%d", full, wide))
		if !errors.Is(err, fs.ErrNotExist) {
			return data, false, err
		}
	}
	data, err = os.ReadFile(full)
	return data, true, err
}

func readBundle(directory string, index, wide int64) ([][]byte, error) {
	data, isFull, err := readTile(directory, "entries", index, int(wide))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("the bundle %d is damaged", index)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	whole := wide
	if isFull {
		whole = width
	}
	if int64(len(entries)) != whole {
		return nil, fmt.Errorf("the bundle %d has %d entries", index, len(entries))
	}
	return entries[:wide], nil
}

func min(one, other int64) int64 {
	if one < other {
		return one
	}
	return other
}
